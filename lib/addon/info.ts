import { checkInteger } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';
import { tryAddon } from './load.js';

/** The state of the native addon. See {@link nativeInfo}. */
export type NativeInfo =
  | {
      available: true;
      /** File of the addon. */
      binary: string;
      /** Why it is this one: the package's own for this machine, built here, or named by the program or the environment. */
      chosen: string;
      /** How the addon was built: compiler and its version, CMake build type, sanitizers, and CUDA version. */
      build: { compiler: string; type: string; sanitize: string; cuda: string };
      /** The SIMD target in use, and those that this machine can run, best first. */
      simd: { target: string; available: string[] };
      /** Number of threads that work on one call, including the calling thread. */
      threads: number;
    }
  | {
      available: false;
      /** Why there is no addon: one line for each attempt to load it. */
      reasons: string[];
    };

/**
 * Returns the state of the native addon, or why there is none. The environment variable `FRAC_CONNECTIONS_SIMD` sets
 * the SIMD target, `FRAC_CONNECTIONS_THREADS` the number of threads, and `FRAC_CONNECTIONS_NATIVE=off` disables the
 * addon. They are read when the addon loads.
 *
 * @throws FracConnectionsError ERR_OPTION when `FRAC_CONNECTIONS_SIMD` is not a SIMD target of this machine, or when
 *   `FRAC_CONNECTIONS_THREADS` is not an integer from 1 to 1024. The ops then throw the same error.
 *
 * @example
 * ```ts
 * const native = nativeInfo();
 * console.log(native.available ? native.simd.target : native.reasons.join('\n'));
 * ```
 */
export function nativeInfo(): NativeInfo {
  const found = tryAddon();
  if ('reasons' in found) return { available: false, reasons: [...found.reasons] };
  const { build, target, targets, threads } = found.addon.info();
  return {
    available: true,
    binary: found.file,
    chosen: found.chosen,
    build,
    simd: { target, available: targets },
    threads,
  };
}

/**
 * Sets the number of threads that work on one call of a native kernel in this process. The default is the number of cores.
 * Results are bitwise the same for any number of threads.
 *
 * @param threads an integer from 1 to 1024
 * @throws FracConnectionsError ERR_OPTION when `threads` is not such an integer; ERR_PATH when there is no addon
 *
 * @example
 * ```ts
 * if (nativeInfo().available) setThreads(1); // leave the other cores to other programs
 * ```
 */
export function setThreads(threads: number): void {
  checkInteger('setThreads', 'threads', threads, 1, 1024);
  const found = tryAddon();
  if ('reasons' in found) {
    throw new FracConnectionsError(
      'ERR_PATH',
      `setThreads: there is no native addon: ${found.reasons.join('; ')}`,
    );
  }
  found.addon.setThreads(threads);
}
