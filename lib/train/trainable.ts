import type * as tf from '@tensorflow/tfjs-core';
import { show } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';
import type { WeightGroup } from './adamw.js';

/** What {@link Trainer} needs of a model; the package's language models have it, and yours can. */
export interface Trainable {
  /**
   * Scalars for tokens and targets, int32 `[batch, context]`: `loss`, the mean cross entropy that is reported; `total`, what
   * is minimised; and any more by name, which are logged. Called inside `tf.variableGrads`.
   */
  loss(tokens: tf.Tensor2D, targets: tf.Tensor2D): LossTerms;
  /** Every trained weight by a name that stays the same from run to run. */
  readonly weights: Readonly<Record<string, tf.Variable>>;
  /** The weights under weight decay, and the others. */
  readonly decayWeights: readonly tf.Variable[];
  readonly noDecayWeights: readonly tf.Variable[];
  stateDict(): Record<string, tf.Tensor>;
  loadStateDict(named: Record<string, tf.Tensor>): void;
  /** The configuration; a checkpoint of another one is refused. */
  toJSON(): unknown;
}

/** The loss, the total that is minimised, and further scalars by name. */
export type LossTerms = { loss: tf.Scalar; total: tf.Scalar } & Record<string, tf.Scalar>;

/** A model's weights in AdamW's two groups, by name. */
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
