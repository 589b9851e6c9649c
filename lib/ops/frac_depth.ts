import type * as tf from '@tensorflow/tfjs-core';
import { checkTensor, checkTensorOneOf } from '../contract/check_tensor.js';
import { type OpOptions, type ResolvedOptions, resolveOptions } from '../contract/options.js';
import { runOp } from './run.js';
import { stateFor } from './state.js';

/**
 * Depth connection: mixes the segments of the hidden state and adds the layer's output to them.
 *
 * ```text
 * H'[i] = beta[i] * y[block i mod m] + sum_k alpha[k, m+i] H[k]
 * ```
 *
 * H are the n segments of a token. In the paper's terms this is `B . T(y) + A^T H`: Eq. 8 of arXiv 2503.14125 with the
 * per-fraction scaling of its Algorithm 2.
 *
 * @param h `[..., streams * dim]`, float32: the hidden state that {@link fracWidth} read
 * @param y `[..., dim]`, float32: the layer's output
 * @param alpha `[..., n, m + n]` or `[n, m + n]`, as {@link fracWidth} returned it
 * @param beta `[..., n]` or `[n]`, as {@link fracWidth} returned it
 * @param options options of the connection; defaults in {@link OpOptions}
 * @returns `[..., streams * dim]`: the new hidden state
 * @throws FracConnectionsError when an argument's shape or type is wrong
 *
 * @example
 * ```ts
 * const options = { dim: 512, fractions: 4 };
 * const { x, alpha, beta } = fracWidth(h, weights, options);
 * const next = fracDepth(h, layer(x), alpha, beta, options);
 * ```
 */
export function fracDepth<R extends tf.Rank>(
  h: tf.Tensor<R>,
  y: tf.Tensor,
  alpha: tf.Tensor,
  beta: tf.Tensor,
  options: OpOptions,
): tf.Tensor<R> {
  const o = resolveOptions('fracDepth', options);
  checkDepthInputs('fracDepth', h, y, alpha, beta, o);
  return runOp('frac_depth', [stateFor(alpha, h), y, alpha, beta], {}, [], o)[0] as tf.Tensor<R>;
}

/** Throws unless these inputs of a depth connection have the right types and shapes. */
export function checkDepthInputs(
  fn: string,
  h: tf.Tensor,
  y: tf.Tensor,
  alpha: tf.Tensor,
  beta: tf.Tensor,
  o: ResolvedOptions,
): void {
  const { n, c, dim } = o;
  checkTensor(fn, 'h', h, ['...', n * c]);
  const lead = h.shape.slice(0, -1);
  checkTensor(fn, 'y', y, [...lead, dim]);
  checkAlpha(fn, 'alpha', alpha, lead, o);
  checkTensorOneOf(fn, 'beta', beta, [[n], [...lead, n]]);
}

/** Throws unless a given alpha is a token's own or shared by all tokens. */
export function checkAlpha(
  fn: string,
  name: string,
  alpha: tf.Tensor,
  lead: number[],
  o: ResolvedOptions,
): void {
  const own = [o.n, o.m + o.n];
  checkTensorOneOf(fn, name, alpha, [own, [...lead, ...own]]);
}
