import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test } from 'vitest';
import { Random } from '../../lib/common/random.js';
import { resolveOptions } from '../../lib/contract/options.js';
import { makeRun, type Run, runOn } from '../native/kernels.js';
import { emulated, emulator, open } from './machine.js';
import { call, download, upload } from './ops.js';

// As test/ops/extremes.test.ts, for the CUDA kernels: where the fallback's result is finite, a device has it too.

const MAGNITUDES = [1e-30, 1e-15, 1, 1e15, 1e18, 1e20, 1e25];
const OPTIONS = [
  {},
  { norm: 'none', tanh: false },
  { norm: 'layer' },
  { dynamicAlpha: false, dynamicBeta: false },
] as const;

/** A value by its kind: what paths must agree on before its size. */
const kind = (value: number) => (Number.isFinite(value) ? 'finite' : String(value));

/** The run with h scaled: to be computed again. */
function scaled(run: Run, magnitude: number): Run {
  const random = new Random(3);
  const h = run.inputs.h as tf.Tensor;
  const values = Float32Array.from({ length: h.size }, () => magnitude * random.normal());
  return { ...run, inputs: { ...run.inputs, h: tf.tensor(values, h.shape) } };
}

describe.runIf(emulated)('values whose squares overflow or underflow, on a device', () => {
  afterEach(() => emulator.reset());

  // Sizes of a common kernel variant and of the general one.
  describe.each([
    [2, 12],
    [4, 64],
    [3, 15],
  ])('%i fractions of dim %i', (fractions, dim) => {
    test.each(OPTIONS)('%o', async options => {
      using device = open();
      const o = resolveOptions('test', { dim, fractions, ...options });
      for (const prenorm of [true, false]) {
        for (const magnitude of MAGNITUDES) {
          const parts = { alphaPerToken: true, betaPerToken: true, readPerToken: true, state: false };
          const run = scaled(makeRun('frac_width', o, 3, prenorm, parts, 1), magnitude);
          const got = await download(call(await upload(device, run, 'float32'), run));
          const want = runOn('fallback', run).arrays;
          for (const [name, values] of Object.entries(want)) {
            const most = Math.max(...values.map(Math.abs));
            if (!(most < 1e37)) continue; // sums may overflow on the way to a finite result
            values.forEach((value, i) => {
              const where = `${name}[${i}] at ${magnitude}, prenorm ${prenorm}`;
              expect(got[name]![i], where).toSatisfy(Number.isFinite);
              expect(Math.abs(got[name]![i]! - value), where).toBeLessThanOrEqual(1e-4 * most);
            });
          }
        }
      }
    });

    test.each([Number.POSITIVE_INFINITY, Number.NaN])(
      'lets %d reach what it reaches on the fallback',
      async bad => {
        using device = open();
        const o = resolveOptions('test', { dim, fractions });
        const parts = { alphaPerToken: true, betaPerToken: true, readPerToken: true, state: false };
        const run = scaled(makeRun('frac_width', o, 3, true, parts, 1), 1);
        const h = run.inputs.h as tf.Tensor;
        const values = Float32Array.from(h.dataSync());
        values[dim + 2] = bad; // in the second of three tokens
        const given = { ...run, inputs: { ...run.inputs, h: tf.tensor(values, h.shape) } };
        const got = await download(call(await upload(device, given, 'float32'), given));
        const want = runOn('fallback', given).arrays;
        for (const name of ['x', 'alpha', 'beta', 'd.h'])
          expect([...got[name]!].map(kind), name).toEqual([...want[name]!].map(kind));
      },
    );
  });
});
