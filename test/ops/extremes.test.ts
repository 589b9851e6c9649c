import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { Random } from '../../lib/common/random.js';
import type { ConnectionOptions } from '../../lib/contract/options.js';
import { resolveOptions } from '../../lib/contract/options.js';
import { type ConnectionWeights, weightShapes } from '../../lib/contract/weights.js';
import { fracDepth } from '../../lib/ops/frac_depth.js';
import { fracWidth } from '../../lib/ops/frac_width.js';
import { path, setPath } from '../../lib/paths/runtime.js';

// Values whose squares overflow or underflow, infinities and NaN. The fallback follows the equations step by step: where its
// result is finite, every path gives that, and where an input is not finite, every path says so in the same places.

const OPTIONS: Partial<ConnectionOptions>[] = [
  {},
  { norm: 'none', tanh: false },
  { norm: 'none', tanh: false, scale: false },
  { norm: 'layer' },
  { tanh: false },
  { dynamicAlpha: false, dynamicBeta: false },
  { epsilon: 0, prenormEpsilon: 0 },
];
const MAGNITUDES = [1e-30, 1e-15, 1, 1e10, 1e15, 1e18, 1e20, 1e25];

/** A value by its kind: what paths must agree on before its size. */
const kind = (value: number) => (Number.isFinite(value) ? 'finite' : String(value));

function run(
  h: tf.Tensor,
  weights: ConnectionWeights,
  options: ConnectionOptions,
): Record<string, Float32Array> {
  return tf.tidy(() => {
    const names = Object.keys(weights) as (keyof ConnectionWeights)[];
    const loss = (state: tf.Tensor, ...given: tf.Tensor[]) => {
      const own = Object.fromEntries(
        names.map((name, i) => [name, given[i]]),
      ) as unknown as ConnectionWeights;
      const { x, alpha, beta } = fracWidth(state, own, options);
      return tf.sum(fracDepth(state, x, alpha, beta, options)) as tf.Scalar;
    };
    const { x, alpha, beta } = fracWidth(h, weights, options);
    const [dH, ...dWeights] = tf.grads(loss)([h, ...names.map(name => weights[name]!)]);
    const tensors = {
      x,
      alpha,
      beta,
      dH: dH!,
      ...Object.fromEntries(names.map((name, i) => [`d ${name}`, dWeights[i]!])),
    };
    return Object.fromEntries(
      Object.entries(tensors).map(([name, tensor]) => [name, tensor.dataSync() as Float32Array]),
    );
  });
}

/** Runs a state on the path of this project and on the fallback. */
function both(values: number[], given: Partial<ConnectionOptions>, prenorm: boolean) {
  const options = { dim: 12, fractions: 2, ...given };
  const random = new Random(5);
  const shapes = Object.entries(weightShapes(resolveOptions('test', options), prenorm));
  const weights = Object.fromEntries(
    shapes.map(([name, shape]) => [
      name,
      tf.tensor(
        Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => random.normal()),
        [...shape],
      ),
    ]),
  ) as unknown as ConnectionWeights;
  const h = tf.tensor(values, [values.length / 12, 12]);
  const own = run(h, weights, options);
  setPath('fallback');
  const expected = run(h, weights, options);
  setPath('auto');
  tf.dispose([h, ...Object.values(weights as object)]);
  return { own, expected };
}

afterEach(() => setPath('auto'));

describe.each(OPTIONS)('%o', options => {
  it.each([true, false])('is finite where the fallback is, prenorm %s', prenorm => {
    const random = new Random(3);
    for (const magnitude of MAGNITUDES) {
      const { own, expected } = both(
        Array.from({ length: 36 }, () => magnitude * random.normal()),
        options,
        prenorm,
      );
      for (const [name, values] of Object.entries(expected)) {
        const most = Math.max(...[...values].map(Math.abs));
        // Beyond, sums may overflow on the way to a finite result, where paths add up in another order or precision.
        if (!(most < 1e37)) continue;
        values.forEach((value, i) => {
          const where = `${name}[${i}] at ${magnitude}`;
          expect(own[name]![i], where).toSatisfy(Number.isFinite);
          expect(Math.abs(own[name]![i]! - value), where).toBeLessThanOrEqual(1e-4 * most);
        });
      }
    }
  });

  it.each([Number.POSITIVE_INFINITY, Number.NaN])('lets %d reach what it reaches on the fallback', bad => {
    const random = new Random(4);
    const values = Array.from({ length: 36 }, () => random.normal());
    values[14] = bad; // in the second of three tokens
    const { own, expected } = both(values, options, true);
    for (const name of ['x', 'alpha', 'beta', 'dH']) {
      expect([...own[name]!].map(kind), name).toEqual([...expected[name]!].map(kind));
    }
  });
});

it('runs on another path than the fallback, where this project has one', () => {
  expect(['native', 'tensorflow', 'fallback']).toContain(path());
});
