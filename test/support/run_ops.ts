import * as tf from '@tensorflow/tfjs-core';
import type { ConnectionOptions } from '../../lib/contract/options.js';
import type { ConnectionWeights } from '../../lib/contract/weights.js';
import type { fracDepth } from '../../lib/ops/frac_depth.js';
import type { fracWidth } from '../../lib/ops/frac_width.js';
import { type Case, optionsOf, type Values, weightsOf } from './cases.js';

type Tensors = Record<string, tf.Tensor>;

/** The ops to run: the sources' own, or those of the built package in a browser. */
export interface Ops {
  fracWidth: typeof fracWidth;
  fracDepth: typeof fracDepth;
}

/** What a case gives, by the names of this package. */
export interface CaseResults {
  outputs: Record<'x' | 'alpha' | 'beta' | 'out', Values>;
  gradients: Record<string, Values>;
}

/** Runs a reference case, forward and backward. */
export function runCase(ops: Ops, reference: Case): CaseResults {
  tf.engine().startScope();
  try {
    const { h, y, grad_x, grad_out } = toTensors(reference.inputs);
    const inputs = { h: h!, y: y!, ...toTensors(weightsOf(reference)) };
    const { outputs, gradients } = runConnection(ops, inputs, grad_x!, grad_out!, optionsOf(reference));
    return { outputs: toValues(outputs), gradients: toValues(gradients) };
  } finally {
    tf.engine().endScope();
  }
}

function toValues<Name extends string>(tensors: Record<Name, tf.Tensor>): Record<Name, Values> {
  const entries = Object.entries<tf.Tensor>(tensors);
  return Object.fromEntries(
    entries.map(([name, t]) => [name, { shape: t.shape, data: Array.from(t.dataSync()) }]),
  ) as Record<Name, Values>;
}

/** float32 tensors of reference values. */
const toTensors = (values: Record<string, Values>): Tensors =>
  Object.fromEntries(
    Object.entries(values).map(([name, { shape, data }]) => [name, tf.tensor(data, shape, 'float32')]),
  );

/**
 * Width, then depth, forward and backward, under the loss `sum(x * gradX) + sum(out * gradOut)` of the reference cases.
 *
 * @param inputs h, y and every weight: each gets a gradient
 */
function runConnection(
  { fracWidth, fracDepth }: Ops,
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
