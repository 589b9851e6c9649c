import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rmsNorm } from '../../lib/connections/rms_norm.js';
import { crossEntropy } from '../../lib/models/cross_entropy.js';
import { gatherRows, scatterRows } from '../../lib/models/rows.js';
import { path, setPath } from '../../lib/paths/runtime.js';
import { distance, normal } from './helpers.js';

describe.each(['auto', 'fallback'] as const)('rmsNorm, path %s', wanted => {
  beforeEach(() => setPath(wanted));
  afterEach(() => setPath('auto'));

  const plain = (x: tf.Tensor, gain: tf.Tensor) =>
    tf.mul(tf.div(x, tf.sqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-3))), gain);

  it('has the value and the gradients of the composition', () => {
    const [x, gain, dy] = [
      normal([5, 8], 1) as tf.Tensor2D,
      normal([8], 2) as tf.Tensor1D,
      normal([5, 8], 3),
    ];
    expect(distance(rmsNorm(x, gain, 1e-3), plain(x, gain))).toBeLessThan(1e-6);
    const own = tf.grads((a, b) => rmsNorm(a as tf.Tensor2D, b as tf.Tensor1D, 1e-3))([x, gain], dy);
    const want = tf.grads(plain)([x, gain], dy);
    expect(distance(own[0]!, want[0]!)).toBeLessThan(2e-6);
    expect(distance(own[1]!, want[1]!)).toBeLessThan(2e-6);
  });

  it('is one op where there are kernels, and keeps no tensors', async () => {
    const [x, gain] = [normal([5, 8], 1) as tf.Tensor2D, normal([8], 2) as tf.Tensor1D];
    rmsNorm(x, gain, 1e-3).dispose(); // the first op of a backend registers its kernels
    const before = tf.memory().numTensors;
    const { kernelNames, result } = await tf.profile(() => rmsNorm(x, gain, 1e-3));
    expect(kernelNames.includes('FracWidth')).toBe(path() !== 'fallback');
    (result as tf.Tensor).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('leaves a row of zeros at zero', () => {
    expect([...rmsNorm(tf.zeros([1, 4]), tf.ones([4]), 1e-5).dataSync()]).toEqual([0, 0, 0, 0]);
  });
});

describe('gatherRows and scatterRows', () => {
  const index = () => tf.tensor1d([2, 0, 2, 3], 'int32');

  it('gather rows, and add up the gradients of rows taken twice', () => {
    const x = normal([5, 3]) as tf.Tensor2D;
    const dy = normal([4, 3], 2);
    expect(distance(gatherRows(x, index()), tf.gather(x, index()))).toBe(0);
    const own = tf.grad(a => gatherRows(a as tf.Tensor2D, index()))(x, dy);
    const want = tf.grad(a => tf.gather(a, index()))(x, dy);
    expect(distance(own, want)).toBeLessThan(1e-6);
  });

  it('scatter as the transpose of gather', () => {
    const x = normal([4, 3]) as tf.Tensor2D;
    const rows = scatterRows(x, index(), 5).arraySync();
    const [a, b, c, d] = x.arraySync() as [number[], number[], number[], number[]];
    const both = a.map((value, i) => Math.fround(value + c[i]!));
    expect(rows).toEqual([b, [0, 0, 0], both, d, [0, 0, 0]]);
    const dy = normal([5, 3], 2);
    const dx = tf.grad(each => scatterRows(each as tf.Tensor2D, index(), 5))(x, dy);
    expect(distance(dx, tf.gather(dy, index()))).toBe(0);
  });
});

describe('crossEntropy', () => {
  const targets = () => tf.tensor1d([1, 0, 3], 'int32');

  function reference(logits: number[][], picked: number[]): number {
    const rows = logits.map((row, i) => {
      const most = Math.max(...row);
      const sum = row.reduce((total, value) => total + Math.exp(value - most), 0);
      return Math.log(sum) + most - row[picked[i]!]!;
    });
    return rows.reduce((total, row) => total + row, 0) / rows.length;
  }

  it('is the mean negative log-likelihood', () => {
    const logits = normal([3, 4], 1, 3) as tf.Tensor2D;
    const want = reference(logits.arraySync(), [1, 0, 3]);
    expect(crossEntropy(logits, targets()).dataSync()[0]).toBeCloseTo(want, 5);
  });

  it('has the gradient (softmax - onehot) / N, times that of the result', () => {
    const logits = normal([3, 4], 1, 3) as tf.Tensor2D;
    const own = tf.grad(x => tf.mul(crossEntropy(x as tf.Tensor2D, targets()), 5))(logits);
    const want = tf.mul(tf.sub(tf.softmax(logits), tf.oneHot(targets(), 4)), 5 / 3);
    expect(distance(own, want)).toBeLessThan(1e-6);
  });

  it('stays finite where a softmax would round to 0', () => {
    const logits = tf.tensor2d([[1e4, -1e4]]);
    const target = () => tf.tensor1d([1], 'int32');
    expect(crossEntropy(logits, target()).dataSync()[0]).toBe(2e4);
    const gradient = tf.grad(x => crossEntropy(x as tf.Tensor2D, target()))(logits);
    expect([...gradient.dataSync()]).toEqual([1, -1]);
  });
});
