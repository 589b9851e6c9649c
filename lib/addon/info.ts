import { checkInteger } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';
import { tryAddon } from './load.js';

/** The native addon. See {@link nativeInfo}. */
export type NativeInfo =
  | {
      available: true;
      /** The addon's file. */
      binary: string;
      /** How it was built: compiler and its version, CMake's build type, sanitizers, and which CUDA. */
      build: { compiler: string; type: string; sanitize: string; cuda: string };
      /** The instruction set in use, and those that this machine runs, best first. */
      simd: { target: string; available: string[] };
      /** Threads that work on one call, the caller's among them. */
      threads: number;
    }
  | {
      available: false;
      /** Why there is none, one line for each thing tried. */
      reasons: string[];
    };

/**
 * What the native addon is and does, or why there is none. `FRAC_CONNECTIONS_SIMD` names another instruction set,
 * `FRAC_CONNECTIONS_THREADS` a number of threads, and `FRAC_CONNECTIONS_NATIVE=off` leaves the addon out; each is read when
 * the addon loads.
 *
 * @throws FracConnectionsError ERR_OPTION when the first names none that this machine runs, or the second is not an integer
 *   from 1 to 1024; so do then the ops
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
  return { available: true, binary: found.file, build, simd: { target, available: targets }, threads };
}

/**
 * Sets how many threads work on one call of a native kernel, in this process: 1 to 1024, at first the number of cores.
 * Results do not depend on it, to the last bit.
 *
 * @throws FracConnectionsError ERR_OPTION when it is no such number; ERR_PATH when there is no addon
 *
 * @example
 * ```ts
 * if (nativeInfo().available) setThreads(1); // leave the other cores to other work
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
