import type { TokenizerName } from '../train/tokenizer.js';

/** Options that `train` and `compare` share. The optional ones get their defaults elsewhere. */
export interface RunSettings {
  rate: number;
  layers: number;
  dim: number;
  heads: number;
  kvHeads?: number;
  ffnDim?: number;
  experts: number;
  expertsPerToken?: number;
  data?: string;
  tokenizer: TokenizerName;
  context: number;
  steps: number;
  batch: number;
  accumulate: number;
  lr: number;
  decay: number;
  warmup: number;
  clip: number;
  seed: number;
  evalEvery: number;
  evalBatches: number;
  checkpointEvery: number;
}

/** With this size three wirings train on the book in about ten minutes, on two cores of a Xeon. */
const TENSORFLOW = { layers: 4, dim: 128, heads: 4, context: 128, batch: 8, steps: 600, lr: 2e-3 };

/** A smaller size for the pure JavaScript backend. */
const CPU = { layers: 2, dim: 32, heads: 2, context: 64, batch: 4, steps: 300, lr: 4e-3 };

/** The defaults on a backend. Intervals depend on the number of steps, so that short runs report as often as long ones. */
export function defaults(backend: 'tensorflow' | 'cpu', steps?: number): RunSettings {
  const size = backend === 'tensorflow' ? TENSORFLOW : CPU;
  const total = steps ?? size.steps;
  return {
    ...size,
    rate: 4,
    experts: 0,
    tokenizer: 'byte',
    steps: total,
    accumulate: 1,
    decay: 0.1,
    warmup: Math.min(100, Math.ceil(total / 10)),
    clip: 1,
    seed: 0,
    evalEvery: Math.max(1, Math.round(total / 10)),
    evalBatches: 8,
    checkpointEvery: Math.max(1, Math.round(total / 4)),
  };
}
