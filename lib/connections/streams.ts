import * as tf from '@tensorflow/tfjs-core';
import { checkInteger, optionError } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';
import { checkLive } from '../contract/check_tensor.js';
import { MAX_SEGMENTS } from '../contract/options.js';

/**
 * Makes the hidden state of Hyper-Connections: n copies of h side by side.
 *
 * ```text
 * [..., d] -> [..., n * d]
 * ```
 *
 * @param h float32, rank 1 or more
 * @param n streams, 1 to 16
 * @throws FracConnectionsError when h or n is wrong
 *
 * @example
 * ```ts
 * const state = expandStreams(embedded, 4); // [batch, time, d] -> [batch, time, 4 d]
 * ```
 */
export function expandStreams<R extends tf.Rank>(h: tf.Tensor<R>, n: number): tf.Tensor<R> {
  checkStreams('expandStreams', h, n);
  // Each function is the gradient of the other. So they do not need gradients of tfjs ops, which tfjs-core alone does not have.
  return tf.customGrad(x => {
    const value = tf.tile(x as tf.Tensor, [...h.shape.slice(1).map(() => 1), n]);
    return { value, gradFunc: (dy: tf.Tensor) => reduceStreams(dy, n) };
  })(h) as tf.Tensor<R>;
}

/** How streams become one: Hyper-Connections take their sum, Manifold-Constrained Hyper-Connections their mean. */
export type Reduction = 'sum' | 'mean';

/** Throws unless this is a reduction. */
export function checkReduction(fn: string, reduction: unknown): asserts reduction is Reduction {
  if (reduction !== 'sum' && reduction !== 'mean')
    throw optionError(fn, 'reduction', "must be 'sum' or 'mean'", reduction);
}

/**
 * Makes the output of Hyper-Connections: the sum of the n streams, or their mean.
 *
 * ```text
 * [..., n * d] -> [..., d]
 * ```
 *
 * @param h float32, its last size a multiple of n
 * @param n streams, 1 to 16
 * @param reduction default 'sum'
 * @throws FracConnectionsError when h, n or reduction is wrong
 *
 * @example
 * ```ts
 * const out = reduceStreams(state, 4); // [batch, time, 4 d] -> [batch, time, d]
 * ```
 */
export function reduceStreams<R extends tf.Rank>(
  h: tf.Tensor<R>,
  n: number,
  reduction: Reduction = 'sum',
): tf.Tensor<R> {
  checkStreams('reduceStreams', h, n);
  checkReduction('reduceStreams', reduction);
  const width = h.shape.at(-1)!;
  if (width % n !== 0) {
    throw new FracConnectionsError(
      'ERR_SHAPE',
      `reduceStreams: the last size of h must be a multiple of n = ${n}, got [${h.shape}]`,
    );
  }
  const lead = h.shape.slice(0, -1);
  const sum = tf.customGrad(x => {
    const value = tf.sum(tf.reshape(x as tf.Tensor, [...lead, n, width / n]), -2);
    return { value, gradFunc: (dy: tf.Tensor) => expandStreams(dy, n) };
  })(h) as tf.Tensor<R>;
  if (reduction === 'sum') return sum;
  const mean = scaled(sum, 1 / n);
  sum.dispose();
  return mean;
}

function scaled<R extends tf.Rank>(h: tf.Tensor<R>, by: number): tf.Tensor<R> {
  return tf.customGrad(x => {
    return { value: tf.mul(x as tf.Tensor, by), gradFunc: (dy: tf.Tensor) => scaled(dy, by) };
  })(h) as tf.Tensor<R>;
}

function checkStreams(fn: string, h: tf.Tensor, n: number): void {
  checkLive(fn, 'h', h);
  if (h.rank === 0)
    throw new FracConnectionsError('ERR_SHAPE', `${fn}: h must have rank 1 or more, got a scalar`);
  checkInteger(fn, 'n', n, 1, MAX_SEGMENTS);
}
