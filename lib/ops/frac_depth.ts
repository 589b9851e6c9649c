import type * as tf from '@tensorflow/tfjs-core';
import { checkTensor, checkTensorOneOf } from '../contract/check_tensor.js';
import { type ConnectionOptions, type ResolvedOptions, resolveOptions } from '../contract/options.js';
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
 * @param options options of the connection; defaults in {@link ConnectionOptions}
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
  options: ConnectionOptions,
): tf.Tensor<R> {
  const o = resolveOptions('fracDepth', options);
  checkDepthInputs('fracDepth', h, y, alpha, beta, o);
  return runOp('frac_depth', [stateFor(alpha, h), y, alpha, beta], undefined, o)[0] as tf.Tensor<R>;
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
  const { n, m, dim, streams } = o;
  checkTensor(fn, 'h', h, ['...', streams * dim]);
  const lead = h.shape.slice(0, -1);
  checkTensor(fn, 'y', y, [...lead, dim]);
  checkTensorOneOf(fn, 'alpha', alpha, [
    [n, m + n],
    [...lead, n, m + n],
  ]);
  checkTensorOneOf(fn, 'beta', beta, [[n], [...lead, n]]);
}
