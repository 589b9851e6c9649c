import type * as tf from '@tensorflow/tfjs-core';
import { type OpOptions, resolveOptions } from '../contract/options.js';
import { checkAlpha, checkDepthInputs } from './frac_depth.js';
import { type ReadWeights, readNames } from './frac_read.js';
import { runOp } from './run.js';
import { stateFor } from './state.js';

/** What {@link fracDepthRead} returns. */
export type DepthReadResult<R extends tf.Rank = tf.Rank> = {
  /** `[..., n * dim / fractions]`: the hidden state between the two layers. */
  h: tf.Tensor<R>;
  /** `[..., dim]`: the next layer's input. */
  x: tf.Tensor<R>;
};

/**
 * Depth connection of one layer, and reading the input of the next with a given alpha: {@link fracDepth}, then {@link fracRead} of its
 * result.
 *
 * ```text
 * H'[i] = beta[i] * y[block i mod m] + sum_k alpha[k, m+i] H[k]
 * x'    = concat_j sum_i nextAlpha[i,j] H'[i],  j < m
 * ```
 *
 * This is one op because nextAlpha need not depend on H': then nothing has to read H' again. A rule that reads with coefficients of
 * the layer before needs it, and so does one with learned constants.
 *
 * @param h `[..., n * dim / fractions]`, float32: the hidden state that this layer read
 * @param y `[..., dim]`, float32: this layer's output
 * @param alpha `[..., n, m + n]` or `[n, m + n]`: alpha of this layer
 * @param beta `[..., n]` or `[n]`: beta of this layer
 * @param nextAlpha `[..., n, m + n]` or `[n, m + n]`: alpha that the next layer reads with
 * @param options only `dim`, `streams`, `fractions`, `segments` and `prenormEpsilon` matter; defaults in {@link OpOptions}
 * @param nextWeights the gain of the next layer's pre-norm, if there is one
 * @returns the hidden state between the layers, and the next layer's input
 * @throws FracConnectionsError when an argument's shape, type or name is wrong
 *
 * @example
 * ```ts
 * const x = fracRead(h, alpha[0], options);
 * const second = fracDepthRead(h, attention(x), alpha[0], beta[0], alpha[1], options);
 * const out = fracDepth(second.h, ffn(second.x), alpha[1], beta[1], options);
 * ```
 */
export function fracDepthRead<R extends tf.Rank>(
  h: tf.Tensor<R>,
  y: tf.Tensor,
  alpha: tf.Tensor,
  beta: tf.Tensor,
  nextAlpha: tf.Tensor,
  options: OpOptions,
  nextWeights: ReadWeights = {},
): DepthReadResult<R> {
  const o = resolveOptions('fracDepthRead', options);
  checkDepthInputs('fracDepthRead', h, y, alpha, beta, o);
  checkAlpha('fracDepthRead', 'nextAlpha', nextAlpha, h.shape.slice(0, -1), o);
  const names = readNames('fracDepthRead', nextWeights, o);
  const inputs = [stateFor(alpha, h), y, alpha, beta, nextAlpha];
  const [out, x] = runOp('frac_depth_read', inputs, nextWeights, names, o);
  return { h: out, x } as DepthReadResult<R>;
}
