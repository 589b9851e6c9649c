import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { expandStreams, reduceStreams } from '../../lib/connections/streams.js';
import { StreamsHead, type StreamsHeadOptions } from '../../lib/connections/streams_head.js';
import { finiteDifferences, type Numbers } from '../support/oracle.js';
import { gradientsOf, weigh } from '../support/run_ops.js';

const normal = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);
const apart = (got: ArrayLike<number>, want: ArrayLike<number>) =>
  Math.hypot(...Array.from(want, (v, i) => v - got[i]!)) / Math.max(1, Math.hypot(...Array.from(want)));

/** The equations in plain loops in float64. */
function expected(
  { h, fn, base, scale }: Numbers,
  n: number,
  d: number,
  epsilon: number,
  normEpsilon: number,
): number[] {
  const out: number[] = [];
  for (let t = 0; t < h!.length / (n * d); t++) {
    const row = h!.slice(t * n * d, (t + 1) * n * d);
    const root = Math.sqrt(row.reduce((sum, v) => sum + v * v, 0) / row.length + normEpsilon);
    const weights = Array.from({ length: n }, (_, i) => {
      const logit = row.reduce((sum, v, k) => sum + (v / root) * fn![i * n * d + k]!, 0);
      return 1 / (1 + Math.exp(-(scale![0]! * logit + base![i]!))) + epsilon;
    });
    for (let l = 0; l < d; l++) out.push(weights.reduce((sum, w, i) => sum + w * row[i * d + l]!, 0));
  }
  return out;
}

describe('a learned head', () => {
  it.each([
    [4, 3, 1e-6, 1e-6],
    [3, 1, 0.1, 0.5],
    [1, 5, 1e-6, 1e-6],
  ])('has the values and gradients of the equations, %i streams of %i', (n, d, epsilon, normEpsilon) => {
    tf.tidy(() => {
      const head = new StreamsHead({ dim: d, rate: n, epsilon, normEpsilon });
      const inputs: Record<string, tf.Tensor> = {
        h: normal([3, n * d], 1),
        fn: normal([n, n * d], 2),
        base: normal([n], 3),
        scale: normal([1], 4),
      };
      for (const [name, weight] of Object.entries(head.weights)) weight.assign(inputs[name]!);
      const numbers = Object.fromEntries(
        Object.entries(inputs).map(([name, value]) => [name, Float64Array.from(value.dataSync())]),
      );
      const of = (values: Numbers) => expected(values, n, d, epsilon, normEpsilon);
      expect(apart(head.apply(inputs.h!).dataSync(), of(numbers))).toBeLessThan(1e-5);
      const seed = normal([3, d], 5);
      const seeds = seed.dataSync();
      const want = finiteDifferences(numbers, varied =>
        of(varied).reduce((sum, v, i) => sum + v * seeds[i]!, 0),
      );
      const loss = (h: tf.Tensor) => weigh([head.apply(h), seed]);
      const { h: ofState } = gradientsOf({ h: inputs.h! }, named => loss(named.h!));
      expect(apart(ofState!.dataSync(), want.h!), 'h').toBeLessThan(1e-4);
      const { grads } = tf.variableGrads(() => loss(inputs.h!), Object.values(head.weights));
      for (const [name, weight] of Object.entries(head.weights))
        expect(apart(grads[weight.name]!.dataSync(), want[name]!), name).toBeLessThan(1e-4);
    });
  });

  it('is the mean of the streams at first', () => {
    tf.tidy(() => {
      const head = new StreamsHead({ dim: 6, rate: 4 });
      const h = normal([2, 3, 24], 1);
      expect(apart(head.apply(h).dataSync(), reduceStreams(h, 4, 'mean').dataSync())).toBeLessThan(1e-6);
      const same = normal([5, 6], 2);
      expect(apart(head.apply(expandStreams(same, 4)).dataSync(), same.dataSync())).toBeLessThan(1e-6);
    });
  });

  it('goes through JSON and weights, leaves no tensor, and can be disposed of', () => {
    const head = new StreamsHead({ dim: 4, rate: 2, perturb: 0.3, seed: 3 });
    const again = StreamsHead.fromJSON(JSON.parse(JSON.stringify(head)));
    expect(again.toJSON()).toEqual(head.toJSON());
    again.loadStateDict(head.stateDict());
    const h = normal([3, 8], 1);
    const run = (of: StreamsHead) => {
      const out = of.apply(h);
      const values = [...out.dataSync()];
      out.dispose();
      return values;
    };
    expect(run(again)).toEqual(run(head));
    const before = tf.memory().numTensors;
    run(head);
    expect(tf.memory().numTensors).toBe(before);
    for (const each of [head, again, head]) each.dispose();
    expect(tf.memory().numTensors).toBe(before - 6);
    expect(() => head.apply(h)).toThrow('StreamsHead.apply: the module has been disposed');
    h.dispose();
  });

  it.each<[object, string]>([
    [{ dim: 4 }, 'rate must be an integer from 1 to 16, got undefined'],
    [{ dim: 4, rate: 2, epsilon: 1 }, 'epsilon must be a number from 0 to below 1, got 1'],
    [{ dim: 4, rate: 2, prenorm: true }, "unknown option 'prenorm'"],
  ])('refuses %o', (options, message) => {
    expect(() => new StreamsHead(options as StreamsHeadOptions)).toThrow(`StreamsHead: ${message}`);
  });

  it('refuses a state of another width', () => {
    tf.tidy(() => {
      const head = new StreamsHead({ dim: 4, rate: 2 });
      expect(() => head.apply(tf.zeros([3, 4]))).toThrow('StreamsHead.apply: h must be [..., 8], got [3,4]');
    });
  });
});
