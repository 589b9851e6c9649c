import * as tf from '@tensorflow/tfjs-core';
import type { AdamW } from './adamw.js';
import type { BatchStream } from './text_data.js';
import type { LossTerms, Trainable } from './trainable.js';

/** The result of {@link accumulateGradients}. */
export interface Measured {
  /** The model's loss terms, averaged over the batches. */
  terms: Record<string, number>;
  /** The global norm of the mean gradient: the square root of the sum of all squares. */
  gradientNorm: number;
  /** The summed gradients, packed for the optimizer. The caller disposes them. */
  packed: tf.Tensor[];
}

/**
 * Runs the forward and backward pass on `accumulate` batches and sums the gradients. If the model's total is a mean over tokens,
 * the mean of these gradients is the gradient of one large batch.
 */
export function accumulateGradients(
  model: Trainable,
  optimizer: AdamW,
  batches: BatchStream,
  accumulate: number,
): Measured {
  let packed: tf.Tensor[] = [];
  let terms: Record<string, number> = {};
  try {
    for (let i = 0; i < accumulate; i++) {
      const one = gradientsOf(model, optimizer, batches);
      if (i === 0) [packed, terms] = [one.packed, one.terms];
      else {
        const sums = packed.map((sum, slot) => tf.add(sum, one.packed[slot]!));
        tf.dispose([packed, one.packed]);
        packed = sums;
        for (const name of Object.keys(terms)) terms[name]! += one.terms[name]!;
      }
    }
  } catch (error) {
    tf.dispose(packed);
    throw error;
  }
  for (const name of Object.keys(terms)) terms[name]! /= accumulate;
  return { terms, packed, gradientNorm: globalNorm(packed) / accumulate };
}

function gradientsOf(model: Trainable, optimizer: AdamW, batches: BatchStream) {
  const batch = batches.next();
  let kept: LossTerms | undefined;
  try {
    const weights = Object.values(model.weights);
    const packed = tf.tidy(() => {
      const { grads } = tf.variableGrads(() => {
        kept = model.loss(batch.tokens, batch.targets);
        // variableGrads returns only the total and disposes the other terms.
        for (const term of Object.values(kept)) tf.keep(term);
        return kept.total;
      }, weights);
      return optimizer.pack(grads);
    });
    return { packed, terms: readTerms(kept!) };
  } finally {
    tf.dispose([batch.tokens, batch.targets, ...Object.values(kept ?? {})]);
  }
}

/** The terms' values, in one read. */
export function readTerms(terms: LossTerms): Record<string, number> {
  const values = tf.tidy(() => tf.stack(Object.values(terms)).dataSync<'float32'>());
  return Object.fromEntries(Object.keys(terms).map((name, i) => [name, values[i]!]));
}

function globalNorm(tensors: readonly tf.Tensor[]): number {
  const sums = tf.tidy(() =>
    tf.stack(tensors.map(tensor => tf.sum(tf.square(tensor)))).dataSync<'float32'>(),
  );
  return Math.sqrt(sums.reduce((total, sum) => total + sum, 0));
}
