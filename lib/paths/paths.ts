import type * as tf from '@tensorflow/tfjs-core';
import { type OpKernels, registerOp } from '../contract/kernel.js';
import { OPS, type Stem } from '../contract/ops.js';
import * as fallback from './fallback/index.js';

/**
 * How an op runs: as a native kernel inside TensorFlow, as a native kernel on the arrays of tfjs backend `cpu`, or as a
 * composition of tfjs ops.
 */
export type Path = 'tensorflow' | 'native' | 'fallback';

/** The implementation of a path. */
export interface PathProvider {
  /** The reason why this path cannot run on a backend; undefined if it can. */
  unavailable(backend: string): string | undefined;
  /** Remarks about this path on a backend, such as what slows it down. */
  remarks?(backend: string): string[];
  /** The kernels. Called when the path runs on a backend for the first time. */
  kernels(): Record<Stem, OpKernels<tf.TensorInfo>>;
}

// The entries for Node replace this provider (install.ts); in browsers it stays.
const notProvided: PathProvider = {
  unavailable: () => 'native kernels run in Node only',
  kernels: () => {
    throw new Error('no kernels were provided');
  },
};

/** All paths, fastest first. */
const providers = new Map<Path, PathProvider>([
  ['tensorflow', notProvided],
  ['native', notProvided],
  ['fallback', { unavailable: () => undefined, kernels: () => fallback.kernels }],
]);

/** The names of all paths, fastest first. */
export const PATHS: readonly Path[] = [...providers.keys()];

/** Sets the implementation of a path. */
export function providePath(path: Path, provider: PathProvider): void {
  providers.set(path, provider);
}

/** The reason why a path cannot run on a backend; undefined if it can. */
export const unavailable = (path: Path, backend: string): string | undefined =>
  providers.get(path)!.unavailable(backend);

/** Remarks about a path on a backend, such as what slows it down. */
export const remarks = (path: Path, backend: string): string[] =>
  providers.get(path)!.remarks?.(backend) ?? [];

/** Registers the kernels of a path with tfjs, for a backend. */
export function registerPath(path: Path, backend: string): void {
  const kernels = providers.get(path)!.kernels();
  for (const stem of Object.keys(OPS) as Stem[]) registerOp(OPS[stem], backend, kernels[stem]);
}
