import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { cacheDirectory } from '../../../lib/tensorflow/prepared.js';

export const root = join(import.meta.dirname, '..', '..', '..');

/** Where what these tests fetched stays, so that the next run needs no network. */
export const cache = join(cacheDirectory(), 'package-tests');

/** A new folder; who makes it removes it. */
export const newFolder = () => mkdtempSync(join(realpathSync(tmpdir()), 'frac-connections-package-'));

export const remove = (folder: string) => rmSync(folder, { recursive: true, force: true });

/** A new folder that goes when the test ends. */
export function temporaryFolder(): string {
  const folder = newFolder();
  onTestFinished(() => remove(folder));
  return folder;
}

/**
 * A copy by hard links where the file system can, so that it takes no time. Its files must be replaced, never written to:
 * they are the original's too.
 */
export function copyFolder(from: string, to: string): void {
  if (spawnSync('cp', ['-al', from, to]).status === 0) return;
  remove(to);
  cpSync(from, to, { recursive: true, verbatimSymlinks: true });
}
