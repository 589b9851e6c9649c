import { describe, expect, test } from 'vitest';
import { once } from './addon.js';
import { runChild } from './child.js';

describe.runIf(once)('memory on the native path', () => {
  test('does not grow over 10,000 calls, forward and backward', () => {
    const [path, growth, tensors] = runChild(
      `
      const connection = new fc.FracConnection({ dim: 64, rate: 4, prenorm: true, perturb: 0.1 });
      const h = tf.randomNormal([16, 64]);
      const step = () => tf.tidy(() => {
        tf.variableGrads(() => tf.sum(connection.apply(h, x => tf.tanh(x))));
      });
      const measure = () => {
        gc(); gc();
        return process.memoryUsage().rss;
      };
      for (let i = 0; i < 1000; i++) step();
      const before = measure();
      const tensors = tf.memory().numTensors;
      for (let i = 0; i < 2500; i++) step(); // four calls of kernels each
      say(fc.path());
      say((measure() - before) / 1e6);
      say(tf.memory().numTensors - tensors);`,
      {},
      ['--expose-gc'],
    ) as [string, number, number];
    expect(path).toBe('native');
    expect(tensors).toBe(0);
    // 16 kB of results a step would be 40 MB.
    expect(growth).toBeLessThan(20);
  });
});
