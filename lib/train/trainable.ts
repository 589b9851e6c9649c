import type * as tf from '@tensorflow/tfjs-core';
import { show } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';
import type { WeightGroup } from './adamw.js';

/** The interface that {@link Trainer} needs. The package's language models implement it, and your models can too. */
export interface Trainable {
  /**
   * The loss on tokens and targets, int32 `[batch, context]`, as scalars: `loss` is the mean cross entropy, which is reported;
   * `total` is minimised; any others are logged by name. Called inside `tf.variableGrads`.
   */
  loss(tokens: tf.Tensor2D, targets: tf.Tensor2D): LossTerms;
  /** Every trained weight. Its name must be the same in every run. */
  readonly weights: Readonly<Record<string, tf.Variable>>;
  /** The weights with weight decay, and the weights without. */
  readonly decayWeights: readonly tf.Variable[];
  readonly noDecayWeights: readonly tf.Variable[];
  stateDict(): Record<string, tf.Tensor>;
  loadStateDict(named: Record<string, tf.Tensor>): void;
  /** The configuration. A checkpoint with another configuration is refused. */
  toJSON(): unknown;
}

/** The loss, the total that is minimised, and further scalars by name. */
export type LossTerms = { loss: tf.Scalar; total: tf.Scalar } & Record<string, tf.Scalar>;

/** A model's weights by name, in two groups for AdamW. */
export function weightGroups(model: Trainable, weightDecay: number): WeightGroup[] {
  if (typeof model?.loss !== 'function' || typeof model.weights !== 'object') {
    throw new FracConnectionsError(
      'ERR_OPTION',
      `Trainer: model must have loss and weights, got ${show(model)}`,
    );
  }
  const decay = new Set(model.decayWeights);
  const none = new Set(model.noDecayWeights);
  const entries = Object.entries(model.weights);
  for (const [name, weight] of entries) {
    if (decay.has(weight) === none.has(weight)) {
      throw new FracConnectionsError(
        'ERR_WEIGHTS',
        `Trainer: ${name} must be in one of the model's decayWeights and noDecayWeights, is in ${decay.has(weight) ? 'both' : 'neither'}`,
      );
    }
  }
  const pick = (group: Set<tf.Variable>) =>
    Object.fromEntries(entries.filter(([, weight]) => group.has(weight)));
  return [
    { weights: pick(decay), weightDecay },
    { weights: pick(none), weightDecay: 0 },
  ].filter(group => Object.keys(group.weights).length > 0);
}
