import type * as tf from '@tensorflow/tfjs-core';
import { TENSORS } from '../contract/check_tensor.js';
import { type OpOptions, resolveOptions } from '../contract/options.js';
import { type ConnectionWeights, checkWeights, weightNames } from '../contract/weights.js';
import { checkDepthInputs } from './frac_depth.js';
import type { WidthResult } from './frac_width.js';
import { runOp } from './run.js';
import { stateFor } from './state.js';

/** What {@link fracDepthWidth} returns. */
export type DepthWidthResult<R extends tf.Rank = tf.Rank> = WidthResult<R> & {
  /** `[..., streams * dim]`: the hidden state between the two layers. */
  h: tf.Tensor<R>;
};

/**
 * Depth connection of one layer and width connection of the next: {@link fracDepth}, then {@link fracWidth} of its
 * result.
 *
 * ```text
 * H'[i]                = beta[i] * y[block i mod m] + sum_k alpha[k, m+i] H[k]
 * x', alpha', beta'    = fracWidth(H', nextWeights, options)
 * ```
 *
 * This is one op because a fused kernel moves no more memory than a residual addition followed by a norm.
 *
 * @param h `[..., streams * dim]`, float32: the hidden state that this layer read
 * @param y `[..., dim]`, float32: this layer's output
 * @param alpha `[..., n, m + n]` or `[n, m + n]`: alpha of this layer's width connection
 * @param beta `[..., n]` or `[n]`: beta of this layer's width connection
 * @param nextWeights weights of the next layer's connection; with `prenormGamma` the op returns the normalised x
 * @param options options of the next layer's connection; both connections have the same `dim`, `streams` and `fractions`
 * @returns the hidden state between the layers, and the results of the next width connection
 * @throws FracConnectionsError when an argument's shape, type or name is wrong
 *
 * @example
 * ```ts
 * const first = fracWidth(h, weights[0], options);
 * const second = fracDepthWidth(h, attention(first.x), first.alpha, first.beta, weights[1], options);
 * const out = fracDepth(second.h, ffn(second.x), second.alpha, second.beta, options);
 * ```
 */
export function fracDepthWidth<R extends tf.Rank>(
  h: tf.Tensor<R>,
  y: tf.Tensor,
  alpha: tf.Tensor,
  beta: tf.Tensor,
  nextWeights: ConnectionWeights,
  options: OpOptions,
): DepthWidthResult<R> {
  const o = resolveOptions('fracDepthWidth', options);
  checkDepthInputs('fracDepthWidth', h, y, alpha, beta, o);
  checkWeights('fracDepthWidth', 'nextWeights', nextWeights, o, TENSORS);
  const names = weightNames(o, nextWeights);
  const inputs = [stateFor(alpha, h), y, alpha, beta];
  const [out, x, nextAlpha, nextBeta] = runOp('frac_depth_width', inputs, nextWeights, names, o);
  return { h: out, x, alpha: nextAlpha, beta: nextBeta } as DepthWidthResult<R>;
}
