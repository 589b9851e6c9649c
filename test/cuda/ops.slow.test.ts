import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test } from 'vitest';
import { OPS, type Stem } from '../../lib/contract/ops.js';
import { resolveOptions } from '../../lib/contract/options.js';
import type { CudaDtype } from '../../lib/cuda/tensor.js';
import { type Arrays, makeRun, type Run, runOn } from '../native/kernels.js';
import { distance } from '../support/compare.js';
import { emulated, emulator, open } from './machine.js';
import { call, download, outputsOf, type Tensors, upload } from './ops.js';

const STEMS = Object.keys(OPS) as Stem[];

// Results are rounded once to the type, so they are within half a unit in the last place: 2^-9 or 2^-12 of a value. Gradients
// of weights are sums over inputs that were rounded; those inputs are the fallback's too, so no rounding is left but float32's.
const TOLERANCE: Record<CudaDtype, number> = { float32: 1e-4, bfloat16: 1e-2, float16: 1e-3 };
// The fused op rounds the state between, which the fallback does not, and sums of the next layer's gradients cancel.
const FUSED = { float32: 1, bfloat16: 5, float16: 5 };

/** The values that the device has after rounding: what the fallback is given too. */
async function rounded(run: Run, given: Tensors): Promise<Run> {
  const round = async (named: Record<string, tf.Tensor>) =>
    Object.fromEntries(
      await Promise.all(
        Object.entries(named).map(async ([name, tensor]) => {
          const values = await given[name]!.download();
          return [name, tf.tensor(values, tensor.shape, 'float32')] as const;
        }),
      ),
    );
  return { ...run, inputs: await round(run.inputs), upstream: await round(run.upstream) };
}

function expectClose(got: Arrays, want: Arrays, tolerance: number, what: string): void {
  expect(Object.keys(got).sort(), what).toEqual(Object.keys(want).sort());
  // A sum that cancels is compared with the largest that there is, as between any two float32 results.
  const size = Math.max(1, ...Object.values(want).map(values => Math.hypot(...values)));
  for (const [name, values] of Object.entries(want)) {
    const scale = Math.max(Math.hypot(...values), name.startsWith('d.') ? 0.02 * size : 1e-30);
    const off = (distance(got[name]!, values) * (Math.hypot(...values) || 1)) / scale;
    expect(off, `${what}: ${name}`).toBeLessThanOrEqual(tolerance);
  }
}

const SETTINGS = [
  { streams: 1, fractions: 4, c: 8, tokens: 5 },
  { streams: 1, fractions: 2, c: 32, tokens: 3, norm: 'layer', dynamicBeta: false },
  { streams: 4, fractions: 1, c: 12, tokens: 4, dynamicAlpha: false, scale: false },
  { streams: 2, fractions: 3, c: 5, tokens: 2, norm: 'none', tanh: false },
  { streams: 1, fractions: 1, c: 1, tokens: 1, dynamicAlpha: false, dynamicBeta: false },
  { streams: 1, fractions: 8, c: 3, tokens: 0 },
  { segments: 5, fractions: 3, c: 8, tokens: 3 },
] as const;

function runOf(stem: Stem, i: number): Run {
  const { c, tokens, ...options } = SETTINGS[i]!;
  const o = resolveOptions('test', { ...options, dim: c * options.fractions, epsilon: 1e-3 });
  return makeRun(
    stem,
    o,
    tokens,
    i % 2 === 0,
    { alphaPerToken: i % 3 !== 0, betaPerToken: i % 2 === 0, readPerToken: i % 4 < 2, state: i % 2 === 1 },
    i + 1,
  );
}

describe.runIf(emulated)('ops on a device', () => {
  afterEach(() => {
    expect(emulator.live()).toMatchObject({ device: 0, streams: 0, graphs: 0 });
    emulator.reset();
  });

  const cases = STEMS.flatMap(stem => SETTINGS.map((_, i) => [stem, i] as const));
  describe.each(Object.keys(TOLERANCE) as CudaDtype[])('in %s', dtype => {
    test.each(cases)('%s, setting %i, agree with the fallback', async (stem, i) => {
      using device = open();
      const run = runOf(stem, i);
      const given = await upload(device, run, dtype);
      const got = await download(call(given, run));
      const want = runOn('fallback', await rounded(run, given)).arrays;
      const loosened = stem === 'frac_depth_width' ? FUSED[dtype] : 1;
      expectClose(got, want, TOLERANCE[dtype] * loosened, `${stem} ${i}`);
    });
  });

  test('shapes and types of results are those of the contract', async () => {
    using device = open();
    const run = runOf('frac_depth_width', 0);
    const results = call(await upload(device, run, 'bfloat16'), run);
    const { arrays: _, shapes } = runOn('fallback', run);
    for (const [name, { shape, dtype }] of Object.entries(results)) {
      expect([name, shape]).toEqual([name, shapes[name]]);
      expect([name, dtype]).toEqual([name, /^(x|out|d\.h|d\.y)$/.test(name) ? 'bfloat16' : 'float32']);
    }
  });

  test('dState is added to the gradient by h', async () => {
    using device = open();
    const run = runOf('frac_width', 0);
    const given = await upload(device, run, 'float32');
    const without = await download(call(given, run));
    const dState = await device.tensor(new Float32Array(given.h!.size).fill(0.5), given.h!.shape);
    const all = await download(call({ ...given, dState }, run));
    expect(
      distance(
        all['d.h']!,
        without['d.h']!.map(value => value + 0.5),
      ),
    ).toBeLessThan(1e-6);
    expect(all['d.wAlpha']).toEqual(without['d.wAlpha']);
  });

  test.each(STEMS)('%s writes to the tensors that it is given, again and again', async stem => {
    using device = open();
    const run = runOf(stem, 0);
    const given = await upload(device, run, 'float16');
    const first = call(given, run);
    const values = await download(first);
    for (const each of Object.values(first)) each.zero();
    const before = emulator.live().device;
    const again = call(given, run, outputsOf(stem, first));
    expect(emulator.live().device).toBe(before);
    for (const [name, tensor] of Object.entries(again)) expect(tensor, name).toBe(first[name]);
    expect(await download(again)).toEqual(values);
  });
});
