import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { expandStreams, reduceStreams } from '../../lib/connections/streams.js';

describe('streams', () => {
  it('are n copies of the state, and their sum', () => {
    tf.tidy(() => {
      const h = tf.tensor2d([1, 2, 3, 4], [2, 2]);
      const state = expandStreams(h, 3);
      expect(state.arraySync()).toEqual([
        [1, 2, 1, 2, 1, 2],
        [3, 4, 3, 4, 3, 4],
      ]);
      const weights = tf.tensor2d([1, 1, 10, 10, 100, 100], [1, 6]);
      expect(reduceStreams(tf.mul(state, weights), 3).arraySync()).toEqual([
        [111, 222],
        [333, 444],
      ]);
      const mean = reduceStreams(tf.mul(state, weights), 3, 'mean').arraySync() as number[][];
      for (const [i, want] of [37, 74, 111, 148].entries()) expect(mean.flat()[i]).toBeCloseTo(want, 4);
    });
  });

  it('have each other as gradient, twice over', () => {
    tf.tidy(() => {
      const h = tf.tensor1d([1, 2]);
      const weights = tf.tensor1d([1, 2, 3, 4, 5, 6]);
      const expanded = tf.grad(each => tf.mul(expandStreams(each, 3), weights))(h);
      expect([...expanded.dataSync()]).toEqual([9, 12]);
      const reduced = tf.grad(each => tf.mul(reduceStreams(each, 3), h))(weights);
      expect([...reduced.dataSync()]).toEqual([1, 2, 1, 2, 1, 2]);
      const mean = tf.grad(each => tf.mul(reduceStreams(each, 2, 'mean'), h))(tf.ones([4]));
      expect([...mean.dataSync()]).toEqual([0.5, 1, 0.5, 1]);
      const second = tf.grad(each => tf.grad(inner => tf.square(expandStreams(inner, 2)))(each))(h);
      expect([...second.dataSync()]).toEqual([4, 4]);
    });
  });

  it('refuse what they cannot split', () => {
    tf.tidy(() => {
      expect(() => reduceStreams(tf.ones([2, 5]), 2)).toThrow(
        'reduceStreams: the last size of h must be a multiple of n = 2, got [2,5]',
      );
      expect(() => reduceStreams(tf.ones([2, 4]), 2, 'max' as never)).toThrow(
        `reduceStreams: reduction must be 'sum' or 'mean', got "max"`,
      );
      expect(() => expandStreams(tf.ones([2]), 17)).toThrow(
        'expandStreams: n must be an integer from 1 to 16, got 17',
      );
      expect(() => expandStreams(tf.scalar(1), 2)).toThrow(
        'expandStreams: h must have rank 1 or more, got a scalar',
      );
      expect(() => reduceStreams(tf.ones([2], 'int32'), 2)).toThrow(
        'reduceStreams: h must be float32, got int32',
      );
    });
  });
});
