import type * as tf from '@tensorflow/tfjs-core';
import { checkTensor, TENSORS } from '../contract/check_tensor.js';
import { type OpOptions, resolveOptions } from '../contract/options.js';
import { type ConnectionWeights, checkWeights, weightNames } from '../contract/weights.js';
import { runOp } from './run.js';
import { isTaped, noteState } from './state.js';

/** What {@link fracWidth} returns. */
export type WidthResult<R extends tf.Rank = tf.Rank> = {
  /** `[..., dim]`: the layer's input. */
  x: tf.Tensor<R>;
  /** `[..., n, m + n]`, or `[n, m + n]` when alpha is static: columns Y, then A. */
  alpha: tf.Tensor;
  /** `[..., n]`, or `[n]` when beta is static. */
  beta: tf.Tensor;
};

/**
 * Width connection: computes the layer's input from the hidden state, and the coefficients that {@link fracDepth}
 * needs.
 *
 * ```text
 * alpha[i,:] = scaleAlpha * tanh(norm(H[i]) @ wAlpha) + staticAlpha[i,:]      Eq. 12, 13
 * beta[i]    = scaleBeta  * tanh(norm(H[i]) @ wBeta ) + staticBeta[i]         Eq. 11
 * x          = concat_j sum_i alpha[i,j] H[i],  j < m                         Y^T H
 * ```
 *
 * H are the n segments of a token. With `weights.prenormGamma` the op returns `RMSNorm(x) * prenormGamma` for x.
 * The op computes the width connection of Algorithm 2 in arXiv 2503.14125. Like the other ops it has first derivatives only.
 * Pass the same tensors h and alpha to {@link fracDepth}, not copies: then the backward pass does not have to sum two
 * gradients of h.
 *
 * @param h `[..., streams * dim]`, float32: the hidden state
 * @param weights weights of one connection; shapes in {@link ConnectionWeights}
 * @param options options of that connection; defaults in {@link OpOptions}
 * @returns the layer's input x, and the coefficients alpha and beta
 * @throws FracConnectionsError when an argument's shape, type or name is wrong
 *
 * @example
 * ```ts
 * const options = { dim: 512, fractions: 4, dynamicAlpha: false, dynamicBeta: false };
 * const weights = {
 *   staticAlpha: tf.concat([tf.eye(4), tf.eye(4)], 1),
 *   staticBeta: tf.ones([4]),
 * };
 * const { x, alpha, beta } = fracWidth(h, weights, options);
 * const next = fracDepth(h, layer(x), alpha, beta, options);
 * ```
 */
export function fracWidth<R extends tf.Rank>(
  h: tf.Tensor<R>,
  weights: ConnectionWeights,
  options: OpOptions,
): WidthResult<R> {
  const o = resolveOptions('fracWidth', options);
  checkTensor('fracWidth', 'h', h, ['...', o.n * o.c]);
  checkWeights('fracWidth', 'weights', weights, o, TENSORS);
  const alias = isTaped() && { taken: false };
  const [x, alpha, beta, state] = runOp('frac_width', [h], weights, weightNames(o, weights), o, alias);
  if (alias) noteState(alpha!, { h, state: state!, alias });
  return { x, alpha, beta } as WidthResult<R>;
}
