import type * as tf from '@tensorflow/tfjs-core';
import { checkNames, optionError } from '../common/check.js';
import { checkTensor } from '../contract/check_tensor.js';
import { type OpOptions, type ResolvedOptions, resolveOptions } from '../contract/options.js';
import type { WeightName } from '../contract/weights.js';
import { checkAlpha } from './frac_depth.js';
import { runOp } from './run.js';
import { isTaped, noteState } from './state.js';

/** What a layer reads with, beside alpha. */
export interface ReadWeights {
  /** `[dim]`: gain of the layer's pre-norm. If given, the op returns `RMSNorm(x) * prenormGamma` for x. */
  prenormGamma?: tf.Tensor;
}

/**
 * Reads the layer's input with a given alpha: the second half of {@link fracWidth}, for coefficients of your own rule.
 *
 * ```text
 * x = concat_j sum_i alpha[i,j] H[i],  j < m                         Y^T H
 * ```
 *
 * H are the n segments of a token. With `prenormGamma` the op returns `RMSNorm(x) * prenormGamma` for x. Gradients reach h, alpha and
 * the gain; that of the columns A of alpha, which only {@link fracDepth} uses, is zero. Pass the same tensors h and alpha to
 * {@link fracDepth}, not copies: then the backward pass does not have to sum two gradients of h.
 *
 * @param h `[..., n * dim / fractions]`, float32: the hidden state
 * @param alpha `[..., n, m + n]`, a token's own, or `[n, m + n]`, shared by all tokens: columns Y, then A
 * @param options only `dim`, `streams`, `fractions`, `segments` and `prenormEpsilon` matter; defaults in {@link OpOptions}
 * @param weights the gain of a pre-norm, if there is one
 * @returns `[..., dim]`: the layer's input
 * @throws FracConnectionsError when an argument's shape, type or name is wrong
 *
 * @example
 * ```ts
 * const options = { dim: 512, streams: 4 };                 // four streams of 512 values
 * const read = tf.sigmoid(tf.dot(h, w)).reshape([-1, 4, 1]); // h: [tokens, 2048], w: [2048, 4]: your rule
 * const alpha = tf.concat([read, tf.tile(tf.eye(4).expandDims(), [tokens, 1, 1])], 2);
 * const next = fracDepth(h, layer(fracRead(h, alpha, options)), alpha, tf.ones([4]), options);
 * ```
 */
export function fracRead<R extends tf.Rank>(
  h: tf.Tensor<R>,
  alpha: tf.Tensor,
  options: OpOptions,
  weights: ReadWeights = {},
): tf.Tensor<R> {
  const o = resolveOptions('fracRead', options);
  checkTensor('fracRead', 'h', h, ['...', o.n * o.c]);
  checkAlpha('fracRead', 'alpha', alpha, h.shape.slice(0, -1), o);
  const names = readNames('fracRead', weights, o);
  const alias = isTaped() && { taken: false };
  const [x, state] = runOp('frac_read', [h, alpha], weights, names, o, alias);
  if (alias) noteState(alpha, { h, state: state!, alias });
  return x as tf.Tensor<R>;
}

const NONE: readonly WeightName[] = [];
const GAIN: readonly WeightName[] = ['prenormGamma'];

/** The names of the weights that a layer reads with. Throws unless they are right. */
export function readNames(fn: string, weights: ReadWeights, o: ResolvedOptions): readonly WeightName[] {
  if (typeof weights !== 'object' || weights === null)
    throw optionError(fn, 'weights', 'must be an object', weights);
  checkNames(fn, weights, GAIN);
  if (weights.prenormGamma === undefined) return NONE;
  checkTensor(fn, 'prenormGamma', weights.prenormGamma, [o.dim]);
  return GAIN;
}
