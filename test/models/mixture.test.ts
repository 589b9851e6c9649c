import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { feedForward } from '../../lib/models/feed_forward.js';
import { type MixtureWeights, mixture } from '../../lib/models/mixture.js';
import { assign, route } from '../../lib/models/routing.js';
import { distance, normal } from './helpers.js';

const [TOKENS, DIM, HIDDEN] = [5, 4, 6];

const weights = (experts: number): MixtureWeights => ({
  router: normal([experts, DIM], 1) as tf.Tensor2D,
  gate: normal([experts, HIDDEN, DIM], 2) as tf.Tensor3D,
  up: normal([experts, HIDDEN, DIM], 3) as tf.Tensor3D,
  down: normal([experts, DIM, HIDDEN], 4) as tf.Tensor3D,
});

// Every expert computes every token; those not chosen are weighted with 0.
function dense(x: tf.Tensor2D, w: MixtureWeights, k: number): tf.Tensor {
  const p = tf.softmax(tf.matMul(x, w.router, false, true));
  const rows = p.arraySync() as number[][];
  const mask = rows.map(row => {
    const least = [...row].sort((a, b) => b - a)[k - 1]!;
    return row.map(value => (value >= least ? 1 : 0));
  });
  const shares = tf.mul(p, tf.tensor2d(mask)) as tf.Tensor2D;
  const pick = (t: tf.Tensor3D, expert: number) =>
    tf.squeeze(tf.slice(t, [expert, 0, 0], [1, -1, -1]), [0]) as tf.Tensor2D;
  const outputs = rows[0]!.map((_, expert) => {
    const y = feedForward(x, {
      gate: pick(w.gate, expert),
      up: pick(w.up, expert),
      down: pick(w.down, expert),
    });
    return tf.mul(y, tf.slice(shares, [0, expert], [-1, 1]));
  });
  return tf.addN(outputs);
}

describe('mixture', () => {
  for (const [experts, k] of [
    [4, 2],
    [8, 1],
    [3, 3],
    [1, 1],
  ] as const) {
    it(`of ${experts} experts, ${k} a token, equals all experts computed densely, gradients too`, () => {
      const x = normal([TOKENS, DIM], 9) as tf.Tensor2D;
      const w = weights(experts);
      const dy = normal([TOKENS, DIM], 8);
      const inputs = [x, w.router, w.gate, w.up, w.down];
      const run =
        (f: (x: tf.Tensor2D, w: MixtureWeights) => tf.Tensor) =>
        (...[x, router, gate, up, down]: tf.Tensor[]) =>
          f(x as tf.Tensor2D, { router, gate, up, down } as MixtureWeights);
      expect(distance(mixture(x, w, k).y, dense(x, w, k))).toBeLessThan(2e-6);
      const want = tf.grads(run((x, w) => dense(x, w, k)))(inputs, dy);
      for (const again of [false, true]) {
        const own = tf.grads(run((x, w) => mixture(x, w, k, again).y))(inputs, dy);
        for (const [i, gradient] of own.entries()) expect(distance(gradient, want[i]!)).toBeLessThan(5e-6);
      }
    });
  }

  it('works when one of several experts gets every token', () => {
    const x = tf.tile(normal([1, DIM], 9), [TOKENS, 1]) as tf.Tensor2D;
    const w = weights(4);
    const run = (f: typeof dense) => tf.grad(gate => f(x, { ...w, gate: gate as tf.Tensor3D }, 1))(w.gate);
    expect(mixture(x, w, 1).routing.load.filter(count => count > 0)).toEqual([TOKENS]);
    expect(
      distance(
        run((x, w, k) => mixture(x, w, k).y),
        run(dense),
      ),
    ).toBeLessThan(5e-6);
  });

  it('gives a gradient to every expert used, and none to the others', () => {
    const x = normal([TOKENS, DIM], 9) as tf.Tensor2D;
    const w = weights(8);
    const { load } = mixture(x, w, 1).routing;
    expect(load.reduce((sum, count) => sum + count, 0)).toBe(TOKENS);
    expect(load.filter(count => count === 0).length).toBeGreaterThan(0);
    for (const name of ['gate', 'up', 'down'] as const) {
      const gradient = tf.grad(t => mixture(x, { ...w, [name]: t }, 1).y)(w[name]);
      const sizes = [...tf.sum(tf.abs(gradient), [1, 2]).dataSync()];
      expect(sizes.map(size => size > 0)).toEqual(load.map(count => count > 0));
    }
  });
});

describe('route', () => {
  it('has a balance loss of 1 when experts are used alike, and of E when one takes all', () => {
    const even = tf.tensor2d([0, 1, 2, 3].map(best => [0, 1, 2, 3].map(expert => (expert === best ? 9 : 0))));
    expect(route(even, 1).balanceLoss.dataSync()[0]).toBeCloseTo(1, 6);
    expect(route(tf.zeros([6, 4]), 4).balanceLoss.dataSync()[0]).toBeCloseTo(1, 6);
    const one = tf.tensor2d([0, 1, 2].map(() => [100, 0, 0, 0]));
    expect(route(one, 1).balanceLoss.dataSync()[0]).toBeCloseTo(4, 6);
    expect(route(one, 1).load).toEqual([3, 0, 0, 0]);
  });

  it('has the squared log-sum-exp as z-loss', () => {
    expect(route(tf.zeros([3, 4]), 2).zLoss.dataSync()[0]).toBeCloseTo(Math.log(4) ** 2, 5);
    expect(route(tf.fill([3, 4], 2), 2).zLoss.dataSync()[0]).toBeCloseTo((2 + Math.log(4)) ** 2, 4);
  });

  it('keeps the probabilities as gates, not renormalised', () => {
    const logits = tf.tensor2d([[1, 3, 2]]);
    const p = tf.softmax(logits).dataSync();
    const { gates, tokens } = route(logits, 2);
    expect([...gates.dataSync()]).toEqual([p[1], p[2]]);
    expect([...tokens.dataSync()]).toEqual([0, 0]);
  });

  it('takes the first of equals, and orders by expert, then token', () => {
    const p = Float32Array.of(0.2, 0.4, 0.4, 0.5, 0.25, 0.25);
    expect(assign(p, 3, 2)).toEqual({
      tokens: Int32Array.of(1, 0, 1, 0),
      slots: Int32Array.of(3, 1, 4, 2),
      load: [1, 2, 1],
    });
  });
});
