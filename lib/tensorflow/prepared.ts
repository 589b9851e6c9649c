import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The TensorFlow that `npm run setup` prepared: the shared libraries of a TensorFlow release and tfjs-node's own
 * binding built against them. Its file, `prepared.json` in the cache folder, is written by
 * `scripts/setup/cache.mjs`, which says the same format; a test holds the two together.
 */
export interface Prepared {
  /** Version of this format. */
  format: 1;
  /** `wheel`: set-up fetched it. `user`: a folder named with `--tensorflow DIR`, which goes before any other. */
  source: 'wheel' | 'user';
  /** Folder with the shared libraries. */
  directory: string;
  /** The binding, `tfjs_binding.node`. */
  binding: string;
  /** Version of the tfjs-node(-gpu) package whose sources the binding was built from. */
  tfjs: string;
}

/** Where set-up keeps what it fetched and built: `${XDG_CACHE_HOME:-~/.cache}/frac-connections`. */
export function cacheDirectory(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'frac-connections');
}

/** The prepared TensorFlow, or why there is none. */
export function readPrepared(): Prepared | { reason: string } {
  const file = join(cacheDirectory(), 'prepared.json');
  if (!existsSync(file)) return { reason: `set-up has prepared no TensorFlow (no ${file})` };
  let found: Partial<Prepared>;
  try {
    found = JSON.parse(readFileSync(file, 'utf8')) as Partial<Prepared>;
  } catch (error) {
    return { reason: `${file} cannot be read: ${(error as Error).message}` };
  }
  const { binding, directory, tfjs } = found ?? {};
  if (found?.format !== 1 || ![binding, directory, tfjs].every(v => typeof v === 'string')) {
    return { reason: `${file} is not of format 1` };
  }
  if (!existsSync(binding!)) return { reason: `${binding}, named by ${file}, is gone` };
  return found as Prepared;
}
