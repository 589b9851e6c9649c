import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { FracConnectionsError } from '../common/errors.js';
import { packageRoot } from '../common/root.js';
import { cacheDirectory } from '../tensorflow/prepared.js';
import type { Given } from './settings.js';
import { UsageError } from './usage.js';

/** scripts/tensorflow/command.mjs: plain JavaScript, because a checkout runs it before anything is compiled. */
interface Command {
  setup(options: Given): Promise<boolean>;
  SetupError: new (message: string) => Error;
  explain(error: unknown): string;
}

/** The command `setup`: prepares a TensorFlow for tfjs-node, lists what is prepared, or removes it. */
export async function setup(given: Given): Promise<number> {
  const modes = ['gpu', 'tensorflow', 'list', 'remove'].filter(key => given[key] !== undefined);
  if (modes.length > 1) throw new UsageError(`setup: --${modes[0]} and --${modes[1]} exclude each other`);
  checkHome();
  const file = path.join(packageRoot(), 'scripts', 'tensorflow', 'command.mjs');
  const command = (await import(pathToFileURL(file).href)) as Command;
  const tensorflow = given.tensorflow === undefined ? undefined : path.resolve(given.tensorflow as string);
  try {
    return (await command.setup({ ...given, tensorflow })) ? 0 : 1;
  } catch (error) {
    const expected =
      error instanceof command.SetupError || (error as NodeJS.ErrnoException).code !== undefined;
    if (!expected) throw error; // a bug
    const reason = error instanceof command.SetupError ? error.message : command.explain(error);
    throw new FracConnectionsError('ERR_SETUP', `setup: ${reason}`);
  }
}

/** The scripts look for the home folder when they are imported. */
function checkHome(): void {
  try {
    cacheDirectory();
  } catch (error) {
    const rule = 'this user has no home folder to download to: set XDG_CACHE_HOME to a folder';
    throw new FracConnectionsError('ERR_SETUP', `setup: ${rule} (${(error as Error).message})`);
  }
}
