import * as fallback from './fallback/index.js';
import { OPS, type Stem } from './ops/contracts.js';
import { type OpKernels, registerOp } from './ops/kernel.js';

/**
 * How an op runs: inside TensorFlow, on the native kernels in place, or as a composition of tfjs ops.
 */
export type Path = 'tensorflow' | 'native' | 'fallback';

interface PathEntry {
  readonly path: Path;
  /** Why this path cannot serve a backend, or undefined when it can. */
  unavailable(backend: string): string | undefined;
  /** Registers the path's kernels for a backend. */
  register(backend: string): void;
}

const noAddon = () => 'this version of frac-connections has no native kernels';
const unreachable = () => {
  throw new Error(noAddon());
};

/** All paths, fastest first. */
export const PATHS: readonly PathEntry[] = [
  { path: 'tensorflow', unavailable: noAddon, register: unreachable },
  { path: 'native', unavailable: noAddon, register: unreachable },
  {
    path: 'fallback',
    unavailable: () => undefined,
    register: backend => {
      registerAll(backend, fallback.kernels);
    },
  },
];

function registerAll(backend: string, kernels: Record<Stem, OpKernels>): void {
  for (const stem of Object.keys(OPS) as Stem[]) registerOp(OPS[stem], backend, kernels[stem]);
}
