import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { CudaExports } from '../../lib/addon/cuda.js';
import { CudaDevice } from '../../lib/cuda/device.js';
import { findEmulated } from '../support/emulated.js';

/** What native/test/cuda_emulator/addon.cc lets a test do to the machine. */
export interface Emulator {
  configure(settings: {
    memory?: number;
    devices?: number;
    driver?: number;
    capability?: number;
    /** The CUDA error for kernels of common variants; 0 for none. */
    noCode?: number;
  }): void;
  /** The function's next call answers with this error. */
  fail(cudaFunction: string, error: number): void;
  /** The next work on a stream ends with an error that nothing survives. */
  breakDown(error: number): void;
  /** Streams do nothing meanwhile. */
  pause(paused: boolean): void;
  reset(): void;
  /** How much of each there is. */
  live(): {
    device: number;
    host: number;
    streams: number;
    events: number;
    graphs: number;
    pendingFaults: number;
  };
}

const found = findEmulated();
const addon =
  'file' in found
    ? (createRequire(import.meta.url)(found.file) as { cuda: CudaExports; emulator: Emulator })
    : undefined;

/** Tests of CUDA run in one project, where the emulated addon was built. The end of the run says when it was not. */
export const emulated = addon !== undefined;
export const binary = 'file' in found ? found.file : '';
export const root = join(import.meta.dirname, '..', '..');
/** Of tests that do not run where it is absent. */
export const cuda = addon?.cuda as CudaExports;
export const emulator = addon?.emulator as Emulator;

/** An emulated device. */
export const open = (index = 0) => CudaDevice.openWith(cuda, index);

/** cudaError_t */
export const CUDA = { memory: 2, invalidated: 901, illegalAddress: 700, launchFailure: 719, noKernel: 209 };

/** Awaits what must fail. */
export async function failure(promise: Promise<unknown>): Promise<Error & { code: string }> {
  try {
    await promise;
  } catch (error) {
    return error as Error & { code: string };
  }
  throw new Error('it did not fail');
}

/** What a call throws. */
export function thrown(call: () => unknown): Error & { code: string } {
  try {
    call();
  } catch (error) {
    return error as Error & { code: string };
  }
  throw new Error('it did not throw');
}
