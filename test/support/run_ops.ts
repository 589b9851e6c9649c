import * as tf from '@tensorflow/tfjs-core';
import { fracDepth } from '../../lib/ops/frac_depth.js';
import { fracWidth } from '../../lib/ops/frac_width.js';
import type { ConnectionOptions } from '../../lib/options.js';
import type { ConnectionWeights } from '../../lib/weights.js';
import type { Values } from './cases.js';

type Tensors = Record<string, tf.Tensor>;

/** float32 tensors of reference values. */
export const toTensors = (values: Record<string, Values>): Tensors =>
  Object.fromEntries(
    Object.entries(values).map(([name, { shape, data }]) => [name, tf.tensor(data, shape, 'float32')]),
  );

/**
 * Width, then depth, forward and backward, under the loss `sum(x * gradX) + sum(out * gradOut)` of the reference cases.
 *
 * @param inputs h, y and every weight: each gets a gradient
 */
export function runConnection(
  inputs: Tensors,
  gradX: tf.Tensor,
  gradOut: tf.Tensor,
  options: ConnectionOptions,
) {
  const forward = (named: Tensors) => {
    const { h, y, ...weights } = named;
    const { x, alpha, beta } = fracWidth(h!, weights as unknown as ConnectionWeights, options);
    return { x, alpha, beta, out: fracDepth(h!, y!, alpha, beta, options) };
  };
  return {
    outputs: forward(inputs),
    gradients: gradientsOf(inputs, named => {
      const { x, out } = forward(named);
      return weigh([x, gradX], [out, gradOut]);
    }),
  };
}

type Pair = [tf.Tensor, tf.Tensor];

/** `sum_i sum(value_i * seed_i)`, a scalar. */
export const weigh = (...pairs: Pair[]): tf.Scalar =>
  tf.addN(pairs.map(([value, seed]) => tf.sum(tf.mul(value, seed)))) as tf.Scalar;

/** Gradients of a scalar by each input, by name. */
export function gradientsOf(inputs: Tensors, loss: (named: Tensors) => tf.Scalar): Tensors {
  const names = Object.keys(inputs);
  const rename = (tensors: tf.Tensor[]) => Object.fromEntries(names.map((name, i) => [name, tensors[i]!]));
  const gradients = tf.grads((...tensors: tf.Tensor[]) => loss(rename(tensors)))(
    names.map(name => inputs[name]!),
  );
  return rename(gradients);
}
