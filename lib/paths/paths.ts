import type * as tf from '@tensorflow/tfjs-core';
import { type OpKernels, registerOp } from '../contract/kernel.js';
import { OPS, type Stem } from '../contract/ops.js';
import * as fallback from './fallback/index.js';

/**
 * How an op runs: inside TensorFlow, on the native kernels in place, or as a composition of tfjs ops.
 */
export type Path = 'tensorflow' | 'native' | 'fallback';

/** What makes a path work. */
export interface PathWay {
  /** Why this path cannot serve a backend, or undefined when it can. */
  unavailable(backend: string): string | undefined;
  /** What to know of a backend that it serves. */
  remarks?(backend: string): string[];
  /** Its kernels, asked for when it serves a backend for the first time. */
  kernels(): Record<Stem, OpKernels<tf.TensorInfo>>;
}

// A browser gets no further than this; Node's entries put something better in its place (install.ts).
const notProvided: PathWay = {
  unavailable: () => 'only the entries for Node have native kernels',
  kernels: () => {
    throw new Error('no kernels were provided');
  },
};

/** All paths, fastest first. */
const ways = new Map<Path, PathWay>([
  ['tensorflow', notProvided],
  ['native', notProvided],
  ['fallback', { unavailable: () => undefined, kernels: () => fallback.kernels }],
]);

/** The names of all paths, fastest first. */
export const PATHS: readonly Path[] = [...ways.keys()];

/** Says how a path works. */
export function providePath(path: Path, way: PathWay): void {
  ways.set(path, way);
}

/** Why a path cannot serve a backend, or undefined when it can. */
export const unavailable = (path: Path, backend: string): string | undefined =>
  ways.get(path)!.unavailable(backend);

/** What to know of a path on a backend that it serves. */
export const remarks = (path: Path, backend: string): string[] => ways.get(path)!.remarks?.(backend) ?? [];

/** Registers a path's kernels with tfjs, for a backend. */
export function registerPath(path: Path, backend: string): void {
  const kernels = ways.get(path)!.kernels();
  for (const stem of Object.keys(OPS) as Stem[]) registerOp(OPS[stem], backend, kernels[stem]);
}
