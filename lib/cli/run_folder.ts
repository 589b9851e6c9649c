import fs from 'node:fs';
import path from 'node:path';
import { FracConnectionsError } from '../common/errors.js';
import { makeFolder, writeFileAtomic } from '../common/files.js';
import { type Given, readConfig } from './settings.js';
import type { OptionSpec } from './spec.js';

const SETTINGS = 'settings.json';

/** `runs/2026-01-31_14-05-09`, in local time. If that folder exists, a number is appended. */
export function newRunFolder(now = new Date()): string {
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString();
  const name = path.join('runs', local.slice(0, 19).replace('T', '_').replaceAll(':', '-'));
  let free = name;
  for (let i = 2; fs.existsSync(free); i++) free = `${name}-${i}`;
  return free;
}

/**
 * Checks that a new run may use a folder.
 *
 * @throws FracConnectionsError `ERR_FILE` if it holds a run already
 */
export function checkFree(folder: string): void {
  if (!fs.existsSync(path.join(folder, SETTINGS))) return;
  throw new FracConnectionsError(
    'ERR_FILE',
    `--out: ${folder} already holds a run; continue it with --resume ${folder}, or choose another folder`,
  );
}

/** Makes the path of the data absolute, because a run may be resumed from another folder. */
export function absolutePaths(given: Given): Given {
  return typeof given.data === 'string' ? { ...given, data: path.resolve(given.data) } : given;
}

/** Makes a run's folder and writes its settings there, for `--resume`. */
export function keepSettings(folder: string, command: string, settings: object): void {
  makeFolder(folder);
  writeFileAtomic(path.join(folder, SETTINGS), `${JSON.stringify({ command, ...settings }, null, 2)}\n`);
}

/**
 * Reads the settings that {@link keepSettings} wrote.
 *
 * @throws FracConnectionsError `ERR_FILE` if the folder holds no run of this command
 */
export function readRunFolder(folder: string, command: string, spec: readonly OptionSpec[]): Given {
  const file = path.join(folder, SETTINGS);
  if (!fs.existsSync(file)) {
    throw new FracConnectionsError('ERR_FILE', `--resume: ${folder} holds no run (there is no ${file})`);
  }
  const { command: made, ...settings } = readConfig(spec, file, ['command']);
  if (made !== command) {
    throw new FracConnectionsError('ERR_FILE', `--resume: ${folder} was made by ${made}, not by ${command}`);
  }
  return settings;
}
