import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { packageRoot } from '../../lib/common/root.js';

const MAIN = path.join(packageRoot(), 'dist', 'esm', 'cli', 'main.js');

/** The backend under test. */
export const backend = process.env.TEST_BACKEND ?? 'cpu';

/** A folder of this test file's own, gone when it ends. */
export const folder = mkdtempSync(path.join(tmpdir(), 'frac-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** How a child process ended. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Starts the command line, in {@link folder}. */
export function start(...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  return startWith({}, ...args);
}

/** Starts the command line with more environment variables. */
export function startWith(
  env: NodeJS.ProcessEnv,
  ...args: string[]
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', code => resolve({ code, ...texts }));
  });
  return { child, ended };
}

/** Runs the command line to its end. */
export function run(...args: string[]): Promise<Ended> {
  return start(...args).ended;
}

/** Writes a file into {@link folder} and returns its path. */
export function file(name: string, content: string | Uint8Array): string {
  const target = path.join(folder, name);
  writeFileSync(target, content);
  return target;
}

/** Text with something to learn. */
export const text = file('text.txt', 'the cat sat on the mat. the dog ate the log. '.repeat(60));

/** The smallest model that does all there is to do, on the backend under test. */
export const tiny = [
  ...['--backend', backend, '--data', text, '--layers', '1', '--dim', '8', '--heads', '2'],
  ...['--context', '8', '--batch', '2', '--steps', '6', '--eval-every', '3', '--eval-batches', '1'],
];
