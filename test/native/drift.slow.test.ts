import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, test } from 'vitest';
import type { Stem } from '../../lib/contract/ops.js';
import { type ConnectionOptions, resolveOptions } from '../../lib/contract/options.js';
import { weightShapes } from '../../lib/contract/weights.js';
import { widthToken } from '../support/oracle.js';
import { addon } from './addon.js';
import { makeRun, type Run, runOn } from './kernels.js';
import { constantTokens } from './tokens.js';

// Sums of many values of one sign. A float to which thousands of them are added drifts; the error must not grow with the width of a
// row or with the number of tokens.

afterAll(() => addon?.setTarget('auto'));
const targets = addon?.info().targets ?? [];

/** Distance relative to the norm of `want`. */
function off(got: ArrayLike<number>, want: ArrayLike<number>): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < want.length; i++) {
    difference += (got[i]! - want[i]!) ** 2;
    norm += want[i]! ** 2;
  }
  return Math.sqrt(difference / (norm || 1));
}

describe.runIf(addon)('over a row', () => {
  /** A token of dim h, each value `value`, or varied about it; the projection's weights are `weight`. */
  function run(
    dim: number,
    options: Partial<ConnectionOptions>,
    prenorm: boolean,
    value: number,
    weight: number,
  ): Run {
    const o = resolveOptions('test', { dim, fractions: 1, tanh: false, scale: false, ...options });
    const fill = (shape: readonly number[], to: number) => tf.fill([...shape], to);
    const vary = (shape: readonly number[]) =>
      tf.tensor(
        Float32Array.from({ length: dim }, (_, l) => value * (1 + 0.3 * Math.sin(l))),
        [...shape],
      );
    const weights = Object.entries(weightShapes(o, prenorm)).map(([name, shape]) => {
      const to = /^w[AB]/.test(name) ? weight : /^static/.test(name) ? 0.25 : 1;
      return [name, fill(shape, to)];
    });
    const h = o.norm === 'layer' ? vary([1, dim]) : fill([1, dim], value);
    const made = makeRun(
      'frac_width',
      o,
      1,
      prenorm,
      { alphaPerToken: true, betaPerToken: true, readPerToken: true, state: false },
      1,
    );
    const upstream = Object.fromEntries(
      Object.entries(made.upstream).map(([name, each]) => [name, fill(each.shape, 1.00037)]),
    );
    return { ...made, inputs: { h, ...Object.fromEntries(weights) }, upstream };
  }

  describe.each([1024, 4096, 8191, 65536])('of %i', dim => {
    test.each<[string, Partial<ConnectionOptions>, boolean, number, number]>([
      ['LayerNorm with bias', { norm: 'layer' }, false, 1.3, 1.00058],
      ['no norm', { norm: 'none' }, false, 1, 1.00318],
      ['RMSNorm', { norm: 'rms' }, false, 1.0036, 1.00058],
      ['the pre-norm', { dynamicAlpha: false, dynamicBeta: false }, true, 1.0036, 1],
    ])('%s', (_, options, prenorm, value, weight) => {
      tf.tidy(() => {
        const given = run(dim, options, prenorm, value, weight);
        const numbers = Object.fromEntries(
          Object.entries(given.inputs).map(([name, tensor]) => [name, Float64Array.from(tensor.dataSync())]),
        );
        const want = widthToken(numbers.h!, numbers, given.o);
        const gradients = runOn('fallback', given).arrays;
        for (const target of targets) {
          addon!.setTarget(target);
          const got = runOn('native', given).arrays;
          for (const name of ['x', 'alpha', 'beta'] as const)
            expect(off(got[name]!, want[name]), `${name} on ${target}`).toBeLessThan(1e-5);
          for (const [name, values] of Object.entries(gradients)) {
            // What a norm takes away cancels: what is left is rounding, on every path.
            const cancels = prenorm ? name !== 'd.prenormGamma' : given.o.norm !== 'none' && name === 'd.h';
            if (!name.startsWith('d.') || cancels) continue;
            expect(off(got[name]!, values), `${name} on ${target}`).toBeLessThan(1e-4);
          }
        }
      });
    });
  });
});

describe.runIf(addon)('over tokens', () => {
  // Each token alone is right by other tests, so many are as many times what one is.
  test.each<[Stem, number, number, Partial<ConnectionOptions>, boolean]>([
    ['frac_width', 524_288, 2, { dynamicAlpha: false, dynamicBeta: false }, false],
    ['frac_width', 10_000_000, 2, { dynamicAlpha: false, dynamicBeta: false }, false],
    ['frac_width', 1_000_000, 6, {}, true],
    ['frac_depth', 10_000_000, 2, {}, false],
    ['frac_depth_width', 2_000_000, 2, { norm: 'none' }, false],
    ['frac_depth_width', 200_000, 64, {}, true],
  ])(
    '%s of %i tokens of dim %i, %o, prenorm %s',
    { timeout: 600_000 },
    (stem, tokens, dim, options, prenorm) => {
      tf.tidy(() => {
        const o = resolveOptions('test', { dim, fractions: 2, ...options });
        const { many, one } = constantTokens(stem, o, tokens, prenorm);
        for (const target of targets) {
          addon!.setTarget(target);
          const single = runOn('native', one).arrays;
          const got = runOn('native', many).arrays;
          for (const name of Object.keys(single).filter(each => each.startsWith('d.'))) {
            const [sum, each] = [got[name]!, single[name]!];
            if (sum.length !== each.length) continue; // a value for each token
            const want = Float64Array.from(each, value => value * tokens);
            expect(off(sum, want), `${name} on ${target}`).toBeLessThan(1e-4);
          }
        }
      });
    },
  );
});
