import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

test('the backend of the project is the backend of tfjs-core', () => {
  expect(tf.getBackend()).toBe(process.env.TEST_BACKEND);
  expect(Array.from(tf.mul(tf.tensor1d([1, 2, 3]), 2).dataSync())).toEqual([2, 4, 6]);
  const gradient = tf.grad((x: tf.Tensor) => tf.sum(tf.mul(x, tf.mul(x, x))))(tf.tensor1d([1, 2]));
  expect(Array.from(gradient.dataSync())).toEqual([3, 12]);
});
