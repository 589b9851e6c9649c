import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { fracDepth } from '../../lib/ops/frac_depth.js';
import { fracDepthRead } from '../../lib/ops/frac_depth_read.js';
import { fracRead } from '../../lib/ops/frac_read.js';
import { type GivenSetting, givenSetting, realiseGiven, values } from '../support/arbitrary.js';
import { TOLERANCE } from '../support/compare.js';
import { KERNELS, useAnyKernels, useKernels } from '../support/kernels.js';
import { depthToken, finiteDifferences, type Numbers, readToken } from '../support/oracle.js';
import { gradientsOf, weigh } from '../support/run_ops.js';

// The ops that take coefficients instead of making them, over any numbers of segments and blocks.

type Tensors = Record<string, tf.Tensor>;
type Ends = { first: number[]; out: number[]; x: number[] };

const SEED = Number(process.env.FAST_CHECK_SEED ?? 20250318);
const RUNS = Number(process.env.FAST_CHECK_RUNS ?? 40);

/** Reading, depth, reading for the next layer, in float64 loops. */
function expected(inputs: Numbers, { o, tokens }: ReturnType<typeof realiseGiven>): Ends {
  const ends: Ends = { first: [], out: [], x: [] };
  const size = o.n * (o.m + o.n);
  const rowOf = (name: string, t: number, width: number) => {
    const all = inputs[name]!;
    return all.length === width ? all : all.slice(t * width, (t + 1) * width);
  };
  for (let t = 0; t < tokens; t++) {
    const h = rowOf('h', t, o.n * o.c);
    const alpha = rowOf('alpha', t, size);
    const first = readToken(h, alpha, inputs.prenormGamma, o);
    const y = rowOf('y', t, o.dim).map((value, i) => value + first[i]!);
    const out = depthToken(h, y, alpha, rowOf('beta', t, o.n), o);
    ends.first.push(...first);
    ends.out.push(...out);
    ends.x.push(...readToken(out, rowOf('nextAlpha', t, size), inputs.prenormGamma, o));
  }
  return ends;
}

/** The same by the ops; the second half fused or as two ops. */
function actual(inputs: Tensors, { options }: GivenSetting, fused: boolean): Record<keyof Ends, tf.Tensor> {
  const { h, y, alpha, beta, nextAlpha, ...gain } = inputs as Required<Tensors>;
  const first = fracRead(h!, alpha!, options, gain);
  const given = [h!, tf.add(y!, first), alpha!, beta!] as const;
  if (fused) {
    const { h: out, x } = fracDepthRead(...given, nextAlpha!, options, gain);
    return { first, out, x };
  }
  const out = fracDepth(...given, options);
  return { first, out, x: fracRead(out, nextAlpha!, options, gain) };
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);

function error(got: ArrayLike<number>, want: ArrayLike<number>): number {
  if (got.length !== want.length) return Number.POSITIVE_INFINITY;
  const difference = Math.hypot(...Array.from(want, (value, i) => value - got[i]!));
  return difference / Math.max(1, Math.hypot(...Array.from(want)));
}

function check(setting: GivenSetting, what: string, fused: boolean): void {
  const real = realiseGiven(setting);
  const ends = expected(real.inputs, real);
  const seeds = Object.fromEntries(
    Object.entries(ends).map(([name, data]) => [name, values(real.random, [data.length])]),
  );
  const gradients = finiteDifferences(real.inputs, varied => {
    const all = expected(varied, real);
    return (Object.keys(all) as (keyof Ends)[]).reduce((sum, name) => sum + dot(all[name], seeds[name]!), 0);
  });
  tf.tidy(() => {
    const tensors = Object.fromEntries(
      Object.entries(real.inputs).map(([name, data]) => [
        name,
        tf.tensor(Float32Array.from(data), [...real.shapes[name]!], 'float32'),
      ]),
    );
    const got = actual(tensors, setting, fused);
    for (const name of Object.keys(ends) as (keyof Ends)[])
      expect(error(got[name].dataSync(), ends[name]), `${what}: ${name}`).toBeLessThan(TOLERANCE.forward);
    const made = gradientsOf(tensors, varied => {
      const pairs = Object.entries(actual(varied, setting, fused)).map(
        ([name, end]) =>
          [end, tf.tensor(Float32Array.from(seeds[name]!), end.shape)] as [tf.Tensor, tf.Tensor],
      );
      return weigh(...pairs);
    });
    for (const [name, gradient] of Object.entries(made)) {
      expect(gradient.shape, `${what}: shape of the gradient of ${name}`).toEqual([...real.shapes[name]!]);
      expect(error(gradient.dataSync(), gradients[name]!), `${what}: gradient of ${name}`).toBeLessThan(
        TOLERANCE.gradient,
      );
    }
  });
}

describe('reading and depth with given coefficients', () => {
  afterAll(useAnyKernels);

  it('have the values and gradients of the equations, as single ops and fused', () => {
    fc.assert(
      fc.property(givenSetting(), each => {
        for (const kernels of KERNELS) {
          useKernels(kernels);
          check(each, `${kernels.name}, as single ops`, false);
          check(each, `${kernels.name}, fused`, true);
        }
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });
});

describe('rules of reading with a given alpha', () => {
  const setting: GivenSetting = {
    options: { dim: 12, segments: 5, fractions: 3 },
    lead: [4],
    prenorm: true,
    own: { alpha: true, beta: false, nextAlpha: true },
    seed: 2,
  };
  const tensorsOf = (): Tensors => {
    const { inputs, shapes } = realiseGiven(setting);
    return Object.fromEntries(
      Object.entries(inputs).map(([name, data]) => [
        name,
        tf.tensor(Float32Array.from(data), [...shapes[name]!]),
      ]),
    );
  };
  const loss = (given: Tensors) => {
    const { first, out, x } = actual(given, setting, true);
    return weigh([first, tf.cos(first)], [out, tf.cos(out)], [x, tf.sin(x)]);
  };

  it('no token sees another, forward and backward', () => {
    tf.tidy(() => {
      const given = tensorsOf();
      const mask = tf.tensor2d([[0], [0], [1], [0]]);
      const changed = {
        ...given,
        h: tf.add(given.h!, tf.mul(mask, 7)),
        alpha: tf.add(given.alpha!, tf.expandDims(mask, 2)),
        nextAlpha: tf.sub(given.nextAlpha!, tf.expandDims(mask, 2)),
      };
      const rows = (each: Tensors) => {
        const { h, alpha, nextAlpha } = gradientsOf(each, loss);
        const flat = (all: tf.Tensor) => tf.reshape(all, [4, -1]);
        const { out, x } = actual(each, setting, true);
        return tf.concat([out, x, h!, flat(alpha!), flat(nextAlpha!)], 1).arraySync() as number[][];
      };
      const [before, after] = [rows(given), rows(changed)];
      for (const row of [0, 1, 3]) expect(after[row]).toEqual(before[row]);
      expect(after[2]).not.toEqual(before[2]);
    });
  });

  it('the gradient of the columns A is 0 where only reading uses alpha', () => {
    tf.tidy(() => {
      const { h, alpha } = tensorsOf();
      const gradient = tf.grad(each => tf.sum(tf.square(fracRead(h!, each, setting.options))))(alpha!);
      const [read, mixed] = tf.split(gradient, [3, 5], 2);
      expect(tf.min(tf.abs(read!)).dataSync()[0]).toBeGreaterThan(0);
      expect(tf.max(tf.abs(mixed!)).dataSync()[0]).toBe(0);
    });
  });

  it('leaves no tensor behind', () => {
    const given = tensorsOf();
    tf.dispose(gradientsOf(given, loss));
    const before = tf.memory().numTensors;
    const gradients = gradientsOf(given, loss);
    expect(tf.memory().numTensors).toBe(before + Object.keys(given).length);
    tf.dispose([gradients, given]);
  });

  it('takes no token at all', () => {
    tf.tidy(() => {
      const given = tensorsOf();
      const empty: Tensors = {
        ...given,
        h: tf.zeros([2, 0, 20]),
        y: tf.zeros([2, 0, 12]),
        alpha: tf.zeros([2, 0, 5, 8]),
        nextAlpha: tf.zeros([2, 0, 5, 8]),
      };
      expect(actual(empty, setting, true).x.shape).toEqual([2, 0, 12]);
      const gradients = gradientsOf(empty, each => tf.sum(actual(each, setting, true).x) as tf.Scalar);
      for (const [name, gradient] of Object.entries(gradients)) {
        expect(gradient.shape, name).toEqual(empty[name]!.shape);
        expect([...gradient.dataSync()].every(each => each === 0)).toBe(true);
      }
    });
  });
});
