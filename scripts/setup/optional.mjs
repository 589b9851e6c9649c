// What scripts have in common that test more where more is there.
import { spawnSync } from 'node:child_process';
import { ROOT } from './paths.mjs';
import { SetupError } from './terminal.mjs';

/** Runs a program that prints for itself; throws unless it succeeds. */
export function runLoud(program, ...args) {
  const { status, signal, error } = spawnSync(program, args, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new SetupError(error?.message ?? `${program} ended with ${signal ?? status}`);
}

/**
 * Whether what is needed is there: `check` throws a SetupError where it is not. That is said by name then, and no failure unless
 * the environment variable `required` is 1.
 */
export async function ready(what, required, check) {
  try {
    await check();
    return true;
  } catch (error) {
    if (!(error instanceof SetupError) || process.env[required] === '1') throw error;
    console.log(`skipped: ${what} (${error.message})`);
    return false;
  }
}

/** A script's whole work: a SetupError ends it with one line. */
export async function main(name, work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`${name}: ${error.message}`);
    process.exitCode = 1;
  }
}
