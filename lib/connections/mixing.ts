import * as tf from '@tensorflow/tfjs-core';
import { optionError } from '../common/check.js';
import type { ResolvedOptions } from '../contract/options.js';
import { type ConnectionWeights, type WeightName, weightShapes } from '../contract/weights.js';

/** How segments mix: by a learned matrix A, or not at all (A is the identity). */
export type Mixing = 'learned' | 'identity';

/** Throws unless `mixing` is one. */
export function checkMixing(fn: string, mixing: unknown): asserts mixing is Mixing {
  if (mixing !== 'learned' && mixing !== 'identity')
    throw optionError(fn, 'mixing', "must be 'learned' or 'identity'", mixing);
}

/** The shapes of the weights that a connection learns: without mixing, those of alpha have only the columns Y. */
export function learnedShapes(
  o: ResolvedOptions,
  prenorm: boolean,
  mixing: Mixing,
): Partial<Record<WeightName, readonly number[]>> {
  const shapes = weightShapes(o, prenorm);
  if (mixing === 'learned') return shapes;
  return { ...shapes, staticAlpha: [o.n, o.m], ...(shapes.wAlpha && { wAlpha: [o.c, o.m] }) };
}

/** The weights as ops take them. Without mixing, the columns A of alpha are added: the identity, whatever the token. */
export function opWeights(weights: ConnectionWeights, mixing: Mixing, n: number): ConnectionWeights {
  if (mixing === 'learned') return weights;
  const { staticAlpha, wAlpha } = weights;
  return {
    ...weights,
    staticAlpha: withColumns(staticAlpha, () => tf.eye(n)),
    ...(wAlpha && { wAlpha: withColumns(wAlpha, () => tf.zeros([wAlpha.shape[0]!, n])) }),
  };
}

/** Frees what {@link opWeights} made of these weights. */
export function releaseOpWeights(made: ConnectionWeights, weights: ConnectionWeights): void {
  for (const name of ['staticAlpha', 'wAlpha'] as const)
    if (made[name] !== weights[name]) made[name]?.dispose();
}

/** Adds columns that are not learned. The gradient is written here, because tfjs-core alone has none of concat. */
function withColumns(weight: tf.Tensor, columns: () => tf.Tensor2D): tf.Tensor {
  return tf.customGrad(w => ({
    value: tf.tidy(() => tf.concat2d([w as tf.Tensor2D, columns()], 1)),
    gradFunc: (dy: tf.Tensor) => tf.slice(dy, [0, 0], weight.shape),
  }))(weight);
}
