// The folders of the checkout, and of the cache that all checkouts of a user share.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The same folder as `cacheDirectory` in lib/tensorflow/prepared.ts. */
export const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'frac-connections');

/** Writes a file atomically. */
export function writeWhole(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.tmp-${process.pid}`;
  writeFileSync(temporary, text);
  renameSync(temporary, file);
}
