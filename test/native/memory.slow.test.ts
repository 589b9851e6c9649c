import { describe, expect, test } from 'vitest';
import { addon, root } from './addon.js';
import { runChild } from './child.js';

const backend = process.env.TEST_BACKEND;
const wanted = backend === 'tensorflow' ? 'tensorflow' : 'native';
const able = backend === 'tensorflow' ? addon?.tensorflow !== undefined : addon !== undefined;

describe.runIf(able)(`memory on path ${wanted}`, () => {
  test('does not grow over 10,000 calls, forward and backward', () => {
    const [path, growth, tensors] = runChild(
      `
      if ('${backend}' === 'tensorflow') await import('${root}/dist/esm/tensorflow/index.js');
      const branches = [x => tf.tanh(x), x => tf.tanh(x)];
      const stack = new fc.ConnectionStack({ dim: 64, rate: 4, prenorm: true, perturb: 0.1, branches });
      const h = tf.randomNormal([16, 64]);
      const step = () => tf.tidy(() => {
        tf.variableGrads(() => tf.sum(stack.apply(h)));
      });
      const measure = () => {
        gc(); gc();
        return process.memoryUsage().rss;
      };
      // tfjs-node's own count of TensorFlow's tensors beside tfjs' count.
      const count = () => tf.memory().numTensors + (tf.backend().getNumOfTFTensors?.() ?? 0);
      for (let i = 0; i < 1000; i++) step();
      const before = measure();
      const tensors = count();
      for (let i = 0; i < 1700; i++) step(); // six calls of kernels each: all three ops and their gradients
      say(fc.path());
      say((measure() - before) / 1e6);
      say(count() - tensors);`,
      {},
      ['--expose-gc'],
    ) as [string, number, number];
    expect(path).toBe(wanted);
    expect(tensors).toBe(0);
    // 20 kB of results a step would be 34 MB.
    expect(growth).toBeLessThan(17);
  });
});
