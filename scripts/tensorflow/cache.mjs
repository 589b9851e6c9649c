// The state of set-up in the cache: the prepared TensorFlow, and earlier failures.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, writeWhole } from '../common/paths.mjs';

const PREPARED = join(CACHE, 'prepared.json');
const FAILED = join(CACHE, 'failed.json');

function readJson(file) {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // counts as missing, and is written again
    throw error;
  }
}

/**
 * prepared.json, the file that lib/tensorflow/prepared.ts reads:
 * `{ format: 1, source: 'wheel' | 'gpu' | 'user', directory, binding, tfjs }`.
 */
export const readPrepared = () => readJson(PREPARED);

/** Writes prepared.json; undefined removes it. */
export function writePrepared(prepared) {
  if (prepared) writeWhole(PREPARED, `${JSON.stringify({ format: 1, ...prepared }, null, 2)}\n`);
  else rmSync(PREPARED, { force: true });
}

/** The failure stored under `key`, `{ reason, at }`, if it is less than `hours` old. */
export function recallFailure(key, hours) {
  const failure = readJson(FAILED)?.[key];
  return failure && Date.now() - failure.at < hours * 3600e3 ? failure : undefined;
}

export function rememberFailure(key, reason) {
  writeWhole(
    FAILED,
    `${JSON.stringify({ ...readJson(FAILED), [key]: { reason, at: Date.now() } }, null, 2)}\n`,
  );
}

export const forgetFailures = () => rmSync(FAILED, { force: true });

/** Removes the temporary files of a killed set-up; their names contain `.tmp-`. The caller must hold the lock. */
export function sweep() {
  for (const name of readdirSync(CACHE)) {
    if (name.includes('.tmp-')) rmSync(join(CACHE, name), { recursive: true, force: true });
  }
}
