// Common code of scripts that skip their work if a tool is missing.
import { spawnSync } from 'node:child_process';
import { ROOT } from '../common/paths.mjs';
import { SetupError } from '../common/terminal.mjs';

/** Runs a program whose output goes to the terminal. Throws unless it succeeds. */
export function runLoud(program, ...args) {
  const { status, signal, error } = spawnSync(program, args, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new SetupError(error?.message ?? `${program} ended with ${signal ?? status}`);
}

/**
 * Whether everything that `what` needs is available. If `check` throws a SetupError, it prints that `what` is skipped,
 * and the reason. If the environment variable `required` is 1, it throws instead.
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

/** Runs a script. A SetupError ends it with one line on stderr. */
export async function main(name, work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`${name}: ${error.message}`);
    process.exitCode = 1;
  }
}
