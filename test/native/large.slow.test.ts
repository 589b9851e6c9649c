import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { OPS, type Stem } from '../../lib/contract/ops.js';
import { resolveOptions } from '../../lib/contract/options.js';
import { setPath } from '../../lib/paths/runtime.js';
import { addon } from './addon.js';
import { apart, makeRun, type Run, runOn } from './kernels.js';

// Results too large for a cache are written past it: in lines where a kernel's rows begin and end with lines (in TensorFlow's
// memory, not in that of JavaScript's arrays), else row by row.

const STEMS = Object.keys(OPS) as Stem[];
const path = process.env.TEST_BACKEND === 'tensorflow' ? 'tensorflow' : 'native';
const here = path === 'tensorflow' ? addon?.tensorflow !== undefined : addon !== undefined;
const MIX = { alphaPerToken: true, betaPerToken: true, readPerToken: true, state: true };
const TIMES = 65; // 65 x 65 tokens of about 2000 values: 34 MB, where 8 MiB are large

/** A run on the same tokens again and again. */
function repeated(run: Run): Run {
  const again = (each: tf.Tensor) => {
    const values = each.dataSync() as Float32Array;
    const all = new Float32Array(TIMES * values.length);
    for (let i = 0; i < TIMES; i++) all.set(values, i * values.length);
    return tf.tensor(all, [TIMES * each.shape[0]!, ...each.shape.slice(1)]);
  };
  const perToken = new Set(['h', 'y', 'alpha', 'beta', 'nextAlpha', ...Object.keys(run.upstream)]);
  const all = (named: Run['inputs']) =>
    Object.fromEntries(
      Object.entries(named).map(([name, each]) => [name, perToken.has(name) ? again(each) : each]),
    );
  return { ...run, inputs: all(run.inputs), upstream: all(run.upstream) };
}

const bytes = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);

/** How many of the parts of `all` are not, bit by bit, `part`. */
function different(all: Float32Array, part: Float32Array): number {
  const size = part.length;
  const parts = Array.from({ length: TIMES }, (_, i) => all.subarray(i * size, (i + 1) * size));
  return parts.filter(each => Buffer.compare(bytes(each), bytes(part)) !== 0).length;
}

describe.runIf(here)('large results', () => {
  afterAll(() => {
    addon!.setTarget('auto');
    setPath('auto');
  });

  // 512 values a segment are whole lines, 500 are not.
  const cases = STEMS.flatMap(stem => [2048, 2000].map(dim => [stem, dim] as const));
  test.each(cases)('%s: each token has the bits that it has in a small one, dim %i', (stem, dim) => {
    setPath(path);
    tf.tidy(() => {
      const o = resolveOptions('test', { dim, fractions: 4 });
      for (const prenorm of [false, true]) {
        const small = makeRun(stem, o, 65, prenorm, MIX, 1);
        const large = repeated(small);
        for (const target of addon!.info().targets) {
          addon!.setTarget(target);
          const want = runOn(path, small).arrays;
          const got = runOn(path, large).arrays;
          for (const [name, values] of Object.entries(want)) {
            const all = got[name]!;
            const what = `${name} on ${target}`;
            if (all.length > values.length) expect(different(all, values), what).toBe(0);
            else
              expect(
                apart(
                  all.map(value => value / TIMES),
                  values,
                  1,
                ),
                what,
              ).toBeLessThan(1e-4);
          }
        }
      }
    });
  });

  // The memory of large results is not cleared on path native, and may be anybody's on path tensorflow.
  test.each(STEMS)('%s writes every value of its results', stem => {
    const { allocUnsafeSlow } = Buffer;
    const spy = vi.spyOn(Buffer, 'allocUnsafeSlow');
    spy.mockImplementation(size => allocUnsafeSlow(size).fill(0xff)); // NaN
    try {
      tf.tidy(() => {
        for (const dynamic of [true, false]) {
          const flags = { dynamicAlpha: dynamic, dynamicBeta: dynamic };
          const o = resolveOptions('test', { dim: 72, fractions: 8, ...flags });
          // 128 values of alpha a token: 2 MB.
          for (const alphaPerToken of [true, false]) {
            const run = makeRun(
              stem,
              o,
              4100,
              true,
              { ...MIX, alphaPerToken, readPerToken: alphaPerToken },
              1,
            );
            for (const [name, values] of Object.entries(runOn(path, run).arrays))
              expect(values.every(Number.isFinite), name).toBe(true);
          }
        }
      });
      if (path === 'native') expect(spy).toHaveBeenCalled();
    } finally {
      spy.mockRestore();
    }
  });
});
