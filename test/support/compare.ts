import type * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { Values } from './cases.js';

/** How far a float32 result may be from the float64 one, relative to the tensor's norm. */
export const TOLERANCE = { forward: 1e-5, gradient: 1e-4 } as const;

/** |a - b| / |b| over whole tensors; |a| where b is nothing but zeros. */
export function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i]! - expected[i]!) ** 2;
    norm += expected[i]! ** 2;
  }
  return Math.sqrt(difference) / (norm === 0 ? 1 : Math.sqrt(norm));
}

/** A tensor, or the values of one from another process. */
export type Result = tf.Tensor | Values;

/** Fails unless a tensor has these values, to a tolerance relative to their norm, and no NaN. */
export function expectValues(actual: Result, expected: Values, tolerance: number, what: string): void {
  expect(actual.shape, `${what}: shape`).toEqual(expected.shape);
  const error = distance('dataSync' in actual ? actual.dataSync() : actual.data, expected.data);
  expect(error, `${what}: distance to the reference, relative to its norm`).toBeLessThanOrEqual(tolerance);
}
