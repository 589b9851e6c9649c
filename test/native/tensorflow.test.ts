import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { afterEach, describe, expect, test } from 'vitest';
import { setThreads } from '../../lib/addon/info.js';
import { FracConnectionsError } from '../../lib/common/errors.js';
import { resolveOptions } from '../../lib/contract/options.js';
import type { ConnectionWeights } from '../../lib/contract/weights.js';
import { fracConnection } from '../../lib/layers/index.js';
import { fracDepth } from '../../lib/ops/frac_depth.js';
import { fracWidth } from '../../lib/ops/frac_width.js';
import type { Path } from '../../lib/paths/paths.js';
import { runtimeInfo, setPath } from '../../lib/paths/runtime.js';
import { kernels } from '../../lib/paths/tensorflow/kernels.js';
import { dense, normal } from '../layers/support.js';
import { realise } from '../support/arbitrary.js';
import { addon } from './addon.js';
import { expectAsFallback, run, SIZES, setting, settings } from './chain.js';

const here = addon !== undefined;

describe.runIf(here)('the ops inside TensorFlow', () => {
  afterEach(() => setPath('auto'));

  test('are what tfjs-node gets', () => {
    expect(runtimeInfo()).toMatchObject({ backend: 'tensorflow', path: 'tensorflow', requested: 'auto' });
  });

  // Three kinds of each size; tensorflow_sizes.slow.test.ts takes twelve.
  test.each(SIZES)('compute what the fallback computes: %i streams, %i fractions', (streams, fractions) => {
    for (const each of settings(streams, fractions, 3)) expectAsFallback(each);
  });

  test('give the same bits again, with any number of threads', () => {
    const threads = addon!.info().threads;
    try {
      for (const [streams, fractions, i] of [
        [1, 4, 3],
        [2, 3, 19],
        [4, 1, 16],
      ] as const) {
        const each = { ...setting(i, streams, fractions, 33), lead: [500] };
        const first = run('tensorflow', each);
        for (const count of [1, 2, 7]) {
          setThreads(count);
          for (const [name, values] of Object.entries(run('tensorflow', each))) {
            const same = Buffer.compare(
              Buffer.from(values.slice().buffer),
              Buffer.from(first[name]!.slice().buffer),
            );
            expect(same, `${name} with ${count} threads`).toBe(0);
          }
        }
      }
    } finally {
      setThreads(threads);
    }
  });

  test('train a tf.layers model as the fallback does', async () => {
    const losses = async (path: Path) => {
      setPath(path);
      const model = tfl.sequential();
      model.add(
        tfl.layers.dense({
          units: 8,
          inputShape: [6],
          kernelInitializer: tfl.initializers.glorotNormal({ seed: 3 }),
        }),
      );
      model.add(fracConnection({ layer: dense(8, 5), rate: 2, prenorm: true, perturb: 0.1, seed: 2 }));
      model.compile({ optimizer: tf.train.adam(0.02), loss: 'meanSquaredError' });
      const [x, y] = [normal([32, 6], 1), normal([32, 8], 2)];
      const { history } = await model.fit(x, y, { epochs: 8, batchSize: 16, verbose: 0, shuffle: false });
      tf.dispose([x, y]);
      model.dispose();
      return history.loss as number[];
    };
    const want = await losses('fallback');
    const got = await losses('tensorflow');
    expect(want.at(-1)!).toBeLessThan(0.95 * want[0]!);
    for (const [i, loss] of got.entries()) expect(loss / want[i]!).toBeCloseTo(1, 4);
  });

  test('keep nothing after 10,000 calls, in JavaScript or in TensorFlow', () => {
    setPath('tensorflow');
    const each = { ...setting(31, 2, 2, 64), lead: [8] };
    const { inputs, shapes, o } = realise(each);
    const tensors = Object.fromEntries(
      Object.entries(inputs).map(([name, data]) => [
        name,
        tf.tensor(Float32Array.from(data), [...shapes[name]!]),
      ]),
    );
    const { h, y: _, ...weights } = tensors;
    const back = tf.grad((state: tf.Tensor) => {
      const { x, alpha, beta } = fracWidth(state, weights as unknown as ConnectionWeights, each.options);
      return fracDepth(state, x, alpha, beta, each.options);
    });
    const step = (times: number) => {
      for (let i = 0; i < times; i++) tf.tidy(() => void back(h!));
    };
    // tfjs-node's own count of TensorFlow's tensors; its typings are not at hand here.
    const { getNumOfTFTensors } = tf.backend() as unknown as { getNumOfTFTensors(): number };
    const count = () => [tf.memory().numTensors, getNumOfTFTensors.call(tf.backend())];
    step(1000);
    const [before, rss] = [count(), process.memoryUsage().rss];
    step(2500); // four calls each
    expect(count()).toEqual(before);
    // Had one state only been kept in each step, it would be more than this.
    const bytes = 2500 * 8 * o.streams * o.dim * 4;
    expect(process.memoryUsage().rss - rss).toBeLessThan(0.75 * bytes);
    tf.dispose(tensors);
  });

  test('use the memory of large results again, but none that is still held', () => {
    setPath('tensorflow');
    const o = { dim: 8192, fractions: 4, dynamicAlpha: false, dynamicBeta: false };
    const weights = { staticAlpha: tf.fill([4, 8], 0.25), staticBeta: tf.ones([4]) };
    // 42 MB each: above what malloc keeps. With these weights x is the mean of the four fractions.
    const state = (value: number) => tf.fill([1300, 8192], value);
    const read = (h: tf.Tensor) => tf.tidy(() => fracWidth(h, weights, o).x);
    const range = (x: tf.Tensor) => tf.tidy(() => [tf.min(x).dataSync()[0], tf.max(x).dataSync()[0]]);
    const [one, two] = [state(1), state(2)];
    const held = read(one);
    for (let i = 0; i < 3; i++) {
      const [again, other] = [read(one), read(two)];
      expect(range(other)).toEqual([2, 2]);
      expect([range(held), range(again)]).toEqual([
        [1, 1],
        [1, 1],
      ]);
      tf.dispose([again, other]);
    }
    const { rss } = process.memoryUsage();
    for (let i = 0; i < 20; i++) read(two).dispose();
    expect(process.memoryUsage().rss - rss).toBeLessThan(100e6);
    tf.dispose([one, two, held, weights]);
  });

  test('turn what TensorFlow refuses into an error of this package', () => {
    const o = resolveOptions('test', { dim: 8, fractions: 2 });
    const [h, y, alpha, beta] = [tf.zeros([3, 8]), tf.zeros([3, 7]), tf.zeros([2, 4]), tf.zeros([2])];
    // Past the checks of the public functions.
    const call = () => kernels.frac_depth.forward({ h, y, alpha, beta }, o);
    expect(call).toThrow(FracConnectionsError);
    expect(call).toThrow(
      expect.objectContaining({
        code: 'ERR_TENSORFLOW',
        message: 'FracDepth: y must be [3,8], got [3,7]',
        cause: expect.objectContaining({ message: expect.stringMatching(/^Invalid TF_Status: 3/) }),
      }),
    );
    tf.dispose([h, y, alpha, beta]);
  });

  test('refuse another backend and say why', async () => {
    await import('@tensorflow/tfjs-backend-cpu');
    await tf.setBackend('cpu');
    try {
      const reason = runtimeInfo().notTaken.find(each => each.path === 'tensorflow')!.reason;
      expect(reason).toBe("tfjs backend 'cpu' is not TensorFlow");
    } finally {
      await tf.setBackend('tensorflow');
    }
  });
});
