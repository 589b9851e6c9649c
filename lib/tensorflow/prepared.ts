import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The TensorFlow that `npx frac-connections setup` prepared: the shared libraries of a TensorFlow release, and a binding of
 * tfjs-node built against them. `scripts/tensorflow/cache.mjs` writes this to `prepared.json` in the cache folder. A test
 * checks that both files use the same format.
 */
export interface Prepared {
  /** Version of this format. */
  format: 1;
  /**
   * `wheel`: set-up downloaded it. `gpu`: set-up downloaded it for GPUs (`--gpu`). `user`: the folder of
   * `--tensorflow DIR`. The last two were asked for, and come before any other TensorFlow.
   */
  source: 'wheel' | 'gpu' | 'user';
  /** Folder with the shared libraries. */
  directory: string;
  /** The binding, `tfjs_binding.node`. */
  binding: string;
  /** Version of the tfjs-node(-gpu) package whose sources the binding was built from. */
  tfjs: string;
}

/** The cache folder of set-up, for downloads and builds: `${XDG_CACHE_HOME:-~/.cache}/frac-connections`. */
export function cacheDirectory(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'frac-connections');
}

/** The prepared TensorFlow, or the reason why there is none. */
export function readPrepared(): Prepared | { reason: string } {
  let file: string;
  try {
    file = join(cacheDirectory(), 'prepared.json');
  } catch (error) {
    return { reason: `this user has no home folder: ${(error as Error).message}` };
  }
  if (!existsSync(file)) return { reason: `set-up has prepared no TensorFlow (no ${file})` };
  let found: Partial<Prepared>;
  try {
    found = JSON.parse(readFileSync(file, 'utf8')) as Partial<Prepared>;
  } catch (error) {
    return { reason: `${file} cannot be read: ${(error as Error).message}` };
  }
  const { binding, directory, tfjs } = found ?? {};
  if (found?.format !== 1 || ![binding, directory, tfjs].every(v => typeof v === 'string')) {
    return { reason: `${file} does not have format 1` };
  }
  if (!existsSync(binding!)) return { reason: `${binding}, named in ${file}, does not exist` };
  return found as Prepared;
}
