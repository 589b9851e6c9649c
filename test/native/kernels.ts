import * as tf from '@tensorflow/tfjs-core';
import { Random } from '../../lib/common/random.js';
import { gradientName, type Named, type OpKernels } from '../../lib/contract/kernel.js';
import { OPS, type Stem } from '../../lib/contract/ops.js';
import type { ResolvedOptions } from '../../lib/contract/options.js';
import { weightShapes } from '../../lib/contract/weights.js';
import { kernels as fallback } from '../../lib/paths/fallback/index.js';
import { nativeKernels } from '../../lib/paths/native/kernels.js';
import type { Path } from '../../lib/paths/paths.js';
import { kernels as tensorflow } from '../../lib/paths/tensorflow/kernels.js';
import { values } from '../support/arbitrary.js';
import { addon } from './addon.js';

/** Values by name, as the arrays that the backend holds. */
export type Arrays = Record<string, Float32Array>;

/** One op with all its inputs and its outputs' gradients. */
export interface Run {
  stem: Stem;
  o: ResolvedOptions;
  inputs: Named;
  /** By the names that gradient kernels know them under. */
  upstream: Named;
}

/** What a depth connection gets, each a row a token or one for all; and whether the state that was read has a gradient. */
export interface Mix {
  alphaPerToken: boolean;
  betaPerToken: boolean;
  state: boolean;
  /** Whether the alpha to read with has a row a token, where it is given. */
  readPerToken: boolean;
}

const hasInput = (stem: Stem, name: string) => (OPS[stem].inputs as readonly string[]).includes(name);
const HAS_WEIGHTS: readonly Stem[] = ['frac_width', 'frac_depth_width'];
/** The input of alpha to read with, where it is given. */
const READS: Partial<Record<Stem, string>> = { frac_read: 'alpha', frac_depth_read: 'nextAlpha' };

/** Random inputs for an op, away from zero and from initial values. */
export function makeRun(
  stem: Stem,
  o: ResolvedOptions,
  tokens: number,
  prenorm: boolean,
  mix: Mix,
  seed: number,
): Run {
  const { n, m } = o;
  const random = new Random(seed);
  const tensor = (shape: readonly number[], spread = 1, middle = 0) =>
    tf.tensor(Float32Array.from(values(random, shape, spread, middle)), [...shape], 'float32');
  const rule = [n, m + n];
  const alphaShape = mix.alphaPerToken ? [tokens, ...rule] : rule;
  const inputs: Named = { h: tensor([tokens, n * o.c]) };
  if (hasInput(stem, 'y')) {
    inputs.y = tensor([tokens, o.dim]);
    inputs.alpha = tensor(alphaShape, 0.5);
    inputs.beta = tensor(mix.betaPerToken ? [tokens, n] : [n], 0.5);
  }
  const read = READS[stem];
  if (read !== undefined) {
    inputs[read] = tensor(mix.readPerToken ? [tokens, ...rule] : rule, 0.5);
    if (prenorm) inputs.prenormGamma = tensor([o.dim], 0.4, 0.8);
  }
  if (HAS_WEIGHTS.includes(stem)) {
    for (const [name, shape] of Object.entries(weightShapes(o, prenorm))) {
      inputs[name] = tensor(shape, 0.4, /Gamma|scale/.test(name) ? 0.8 : 0);
    }
  }
  const shapes: Record<string, number[]> = {
    out: [tokens, n * o.c],
    x: [tokens, o.dim],
    alpha: o.dynamicAlpha ? [tokens, n, m + n] : [n, m + n],
    beta: o.dynamicBeta ? [tokens, n] : [n],
    state: [tokens, n * o.c],
  };
  const outputs: string[] = [...OPS[stem].outputs];
  if ('alias' in OPS[stem] && mix.state) outputs.push('state');
  const upstream = Object.fromEntries(outputs.map(name => [gradientName(name), tensor(shapes[name]!)]));
  return { stem, o, inputs, upstream };
}

/** {@link runKernels} with those of a path. */
export function runOn(path: Path, run: Run) {
  const kernels = path === 'native' ? nativeKernels(addon!) : path === 'tensorflow' ? tensorflow : fallback;
  return runKernels(kernels[run.stem], run);
}

/** Outputs, and gradients under `d.` and the input's name, with their shapes. */
export function runKernels({ forward, gradient }: OpKernels<tf.TensorInfo>, { o, inputs, upstream }: Run) {
  const arrays: Arrays = {};
  const shapes: Record<string, number[]> = {};
  // Nothing is returned from tidy: it would look for tensors in every value of the arrays.
  tf.tidy(() => {
    collect(forward(inputs, o), '');
    collect(gradient({ ...inputs, ...upstream }, o), 'd.');
  });
  return { arrays, shapes };

  function collect(results: Record<string, tf.TensorInfo>, prefix: string): void {
    for (const [name, info] of Object.entries(results)) {
      const result = info instanceof tf.Tensor ? info : tf.engine().makeTensorFromTensorInfo(info);
      // tfjs' matMul leaves values in a tensor of shape [0, ...].
      arrays[prefix + name] = (result.dataSync() as Float32Array).subarray(0, result.size);
      shapes[prefix + name] = result.shape;
    }
  }
}

/**
 * |got - want| / |want|, or / floor where want is smaller. Both are float32: a sum that cancels is compared with the size of
 * what was summed, which is about 1 in what comes out, and of which the largest is a measure among gradients.
 */
export function apart(got: Float32Array, want: Float32Array, floor: number): number {
  let difference = 0;
  let norm = 0;
  for (const [i, value] of want.entries()) {
    difference += (got[i]! - value) ** 2;
    norm += value ** 2;
  }
  return Math.sqrt(difference) / Math.max(Math.sqrt(norm), floor);
}
