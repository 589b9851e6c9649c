import * as tf from '@tensorflow/tfjs-core';
import type { AdamW } from './adamw.js';
import type { BatchStream } from './text_data.js';
import type { LossTerms, Trainable } from './trainable.js';

/** What one pass over `accumulate` batches gives. */
export interface Measured {
  /** The model's loss terms, each the mean over the batches. */
  terms: Record<string, number>;
  /** The global norm of the mean gradient: the root of the sum of the squares of all its values. */
  gradientNorm: number;
  /** The sum of the batches' gradients, packed for the optimizer; the caller disposes them. */
  packed: tf.Tensor[];
}

/**
 * Runs forward and backward on `accumulate` batches and adds up the gradients. With equal batches the mean is the gradient
 * of the one large batch, as far as the model's total is a mean over tokens.
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
        // variableGrads hands out the total alone; the other terms would be gone when it returns.
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
