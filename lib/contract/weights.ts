import type * as tf from '@tensorflow/tfjs-core';
import { show } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';
import type { ResolvedOptions } from './options.js';

/**
 * The learned weights of one connection, float32. n, m and c are those of {@link ConnectionOptions}.
 *
 * The options decide which weights there are. `dynamicAlpha` needs `wAlpha`, and `scaleAlpha` if `scale` is on;
 * `dynamicBeta` needs `wBeta`, and `scaleBeta` if `scale` is on. If either is dynamic, norm 'rms' needs `normGamma`,
 * and norm 'layer' needs `normGamma` and `normBeta`. `prenormGamma` is optional.
 */
export interface ConnectionWeights<T = tf.Tensor> {
  /** `[n, m + n]`: columns Y (what the layer reads), then A (how segments mix). */
  staticAlpha: T;
  /** `[n]`: how much of the layer's output each segment takes; B in the paper. */
  staticBeta: T;
  /** `[c]`: gain of the norm. */
  normGamma?: T;
  /** `[c]`: bias of the norm; LayerNorm only. */
  normBeta?: T;
  /** `[c, m + n]`: W_gamma and W_alpha of Eq. 12 and 13, shared by a token's segments. */
  wAlpha?: T;
  /** `[c]`: W_beta of Eq. 11. */
  wBeta?: T;
  /** `[1]`: s_alpha of Eq. 12 and 13. */
  scaleAlpha?: T;
  /** `[1]`: s_beta of Eq. 11. */
  scaleBeta?: T;
  /** `[dim]`: gain of the layer's pre-norm. If given, the op returns `RMSNorm(x) * prenormGamma` for x. */
  prenormGamma?: T;
}

export type WeightName = keyof ConnectionWeights;

/** Every weight name, in the order in which ops take them. */
export const WEIGHT_NAMES: readonly WeightName[] = [
  'staticAlpha',
  'staticBeta',
  'normGamma',
  'normBeta',
  'wAlpha',
  'wBeta',
  'scaleAlpha',
  'scaleBeta',
  'prenormGamma',
];

/** The shapes of the weights that a connection with these options has. */
export function weightShapes(
  o: ResolvedOptions,
  prenorm: boolean,
): Partial<Record<WeightName, readonly number[]>> {
  const { n, m, c } = o;
  const dynamic = o.dynamicAlpha || o.dynamicBeta;
  return {
    staticAlpha: [n, m + n],
    staticBeta: [n],
    ...(dynamic && o.norm !== 'none' && { normGamma: [c] }),
    ...(dynamic && o.norm === 'layer' && { normBeta: [c] }),
    ...(o.dynamicAlpha && { wAlpha: [c, m + n] }),
    ...(o.dynamicBeta && { wBeta: [c] }),
    ...(o.dynamicAlpha && o.scale && { scaleAlpha: [1] }),
    ...(o.dynamicBeta && o.scale && { scaleBeta: [1] }),
    ...(prenorm && { prenormGamma: [o.dim] }),
  };
}

/** How `checkWeights` checks a tensor; tfjs tensors and device tensors have different checks. */
export interface TensorChecks {
  /** Whether a value is a tensor of this shape. A fast test. */
  is(value: unknown, shape: readonly number[]): boolean;
  /** Throws unless it is. */
  check(fn: string, name: string, value: unknown, shape: readonly number[]): void;
}

interface Expected {
  names: readonly WeightName[];
  /** In the order of the names. */
  shapes: readonly (readonly number[])[];
}

/** The weights that each options object requires: first without a pre-norm, then with one. */
const cache = new WeakMap<ResolvedOptions, [Expected, Expected]>();

function expected(o: ResolvedOptions, weights: ConnectionWeights<unknown>): Expected {
  let both = cache.get(o);
  if (both === undefined) {
    const of = (prenorm: boolean): Expected => {
      const shapes = weightShapes(o, prenorm);
      return { names: Object.keys(shapes) as WeightName[], shapes: Object.values(shapes) };
    };
    both = [of(false), of(true)];
    cache.set(o, both);
  }
  return both[weights.prenormGamma === undefined ? 0 : 1];
}

/** The names of a connection's weights, in order. `weights` only decides whether the pre-norm is one of them. */
export const weightNames = (o: ResolvedOptions, weights: ConnectionWeights<unknown>) =>
  expected(o, weights).names;

/**
 * Throws unless `weights` are exactly those of a connection with these options, and each passes the check of `tensors`.
 */
export function checkWeights<T>(
  fn: string,
  name: string,
  weights: ConnectionWeights<T>,
  o: ResolvedOptions,
  tensors: TensorChecks,
): void {
  if (typeof weights !== 'object' || weights === null) {
    throw new FracConnectionsError('ERR_WEIGHTS', `${fn}: ${name} must be an object, got ${show(weights)}`);
  }
  const { names, shapes } = expected(o, weights);
  for (const key of Object.keys(weights)) {
    if (weights[key as WeightName] !== undefined && !names.includes(key as WeightName)) {
      throw new FracConnectionsError(
        'ERR_WEIGHTS',
        `${fn}: ${name}.${key} does not belong to a connection with ${describe(o)}`,
      );
    }
  }
  for (let i = 0; i < names.length; i++) {
    const [key, shape] = [names[i]!, shapes[i]!];
    const value = weights[key];
    if (value === undefined) {
      throw new FracConnectionsError(
        'ERR_WEIGHTS',
        `${fn}: ${name}.${key} is missing; a connection with ${describe(o)} needs it`,
      );
    }
    if (!tensors.is(value, shape)) tensors.check(fn, `${name}.${key}`, value, shape);
  }
}

function describe(o: ResolvedOptions): string {
  return `dynamicAlpha ${o.dynamicAlpha}, dynamicBeta ${o.dynamicBeta}, scale ${o.scale}, norm '${o.norm}'`;
}
