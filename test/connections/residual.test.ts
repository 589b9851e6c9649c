import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Connection } from '../../lib/connections/connection.js';
import { ConnectionStack } from '../../lib/connections/connection_stack.js';
import { FracConnection } from '../../lib/connections/frac_connection.js';
import { HyperConnection } from '../../lib/connections/hyper_connection.js';
import { path, setPath } from '../../lib/paths/runtime.js';
import { distance, normal as random } from '../models/helpers.js';

const branch = (x: tf.Tensor) => tf.tanh(tf.add(tf.mul(x, 0.7), 0.3));
const norm = (x: tf.Tensor, gain: tf.Tensor) =>
  tf.mul(tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-3))), gain);

describe.each(['auto', 'fallback'] as const)('enabled: false, path %s', wanted => {
  beforeEach(() => setPath(wanted));
  afterEach(() => setPath('auto'));

  const prenormed = { dim: 12, prenorm: true, prenormEpsilon: 1e-3, enabled: false } as const;

  it('is h + f(h)', () => {
    const connection = new FracConnection({ dim: 12, rate: 4, enabled: false });
    const h = random([2, 3, 12]);
    expect([...connection.apply(h, branch).dataSync()]).toEqual([...tf.add(h, branch(h)).dataSync()]);
    const own = tf.grad(x => connection.apply(x, branch))(h);
    expect(distance(own, tf.grad(x => tf.add(x, branch(x)))(h))).toBeLessThan(1e-6);
    expect(connection.stateDict()).toEqual({});
    connection.dispose();
  });

  it('is h + f(RMSNorm(h)) with a pre-norm, gradients too', () => {
    const connection = new HyperConnection({ ...prenormed, rate: 4, layerIndex: 1 });
    const gain = random([12], 7);
    connection.loadStateDict({ 'prenorm.weight': gain });
    expect(Object.keys(connection.stateDict())).toEqual(['prenorm.weight']);
    const [h, dy] = [random([2, 3, 12]), random([2, 3, 12], 2)];
    const plain = (h: tf.Tensor, gain: tf.Tensor) => tf.add(h, branch(norm(h, gain)));
    expect(distance(connection.apply(h, branch), plain(h, gain))).toBeLessThan(1e-6);
    const [dh, dGain] = tf.grads(plain)([h, gain], dy);
    const { grads } = tf.variableGrads(() => tf.sum(tf.mul(connection.apply(h, branch), dy)));
    const { prenormGamma } = connection.weights;
    expect(Object.keys(grads)).toEqual([prenormGamma!.name]);
    expect(distance(grads[prenormGamma!.name]!, dGain!)).toBeLessThan(1e-5);
    const dx = tf.grad(x => connection.apply(x, branch))(h, dy);
    expect(distance(dx, dh!)).toBeLessThan(1e-5);
    connection.dispose();
  });

  it('makes a stack a residual network, with gradients through it', () => {
    const stack = new ConnectionStack({ ...prenormed, rate: 3, branches: [branch, tf.sin, branch] });
    const gains = stack.connections.map(({ weights }) => weights.prenormGamma!);
    for (const [i, gain] of gains.entries()) gain.assign(random([12], 20 + i));
    const [h, dy] = [random([5, 12]), random([5, 12], 2)];
    const plain = (h: tf.Tensor) =>
      [branch, tf.sin, branch].reduce((h: tf.Tensor, f, i) => tf.add(h, f(norm(h, gains[i]!))), h);
    expect(distance(stack.apply(h), plain(h))).toBeLessThan(1e-6);
    expect(distance(tf.grad(x => stack.apply(x))(h, dy), tf.grad(plain)(h, dy))).toBeLessThan(1e-5);
    const of = (net: (h: tf.Tensor) => tf.Tensor) => tf.variableGrads(() => tf.sum(tf.mul(net(h), dy))).grads;
    const [own, want] = [of(x => stack.apply(x)), of(plain)];
    expect(Object.keys(own).sort()).toEqual(gains.map(({ name }) => name).sort());
    for (const [name, gradient] of Object.entries(own))
      expect(distance(gradient, want[name]!)).toBeLessThan(1e-5);
    expect(stack.dynamicWeights).toEqual([]);
    expect(stack.staticWeights).toEqual(gains);
    stack.dispose();
  });

  it('runs few ops where there are kernels, and keeps no tensors', async () => {
    const stack = new ConnectionStack({ ...prenormed, branches: [tf.sin, tf.sin] });
    const h = random([5, 12]);
    stack.apply(h).dispose(); // the first op of a backend registers its kernels
    const before = tf.memory().numTensors;
    const { kernelNames, result } = await tf.profile(() => tf.tidy(() => stack.apply(h)));
    const own = kernelNames.filter(name => name.startsWith('Frac'));
    const fused = ['FracWidth', 'FracDepthWidth', 'FracDepth'];
    expect(own).toEqual(path() === 'fallback' ? [] : fused);
    (result as tf.Tensor).dispose();
    // In training the sum is an op of its own, whose gradient is the upstream one.
    const training = await tf.profile(() => tf.grad(x => stack.apply(x))(h));
    expect(training.kernelNames.filter(name => /^Frac\w+Grad/.test(name))).toEqual(
      path() === 'fallback' ? [] : ['FracWidthGrad'],
    );
    (training.result as tf.Tensor).dispose();
    expect(tf.memory().numTensors).toBe(before);
    stack.dispose();
  });

  it('has no noise, gives all memory back, and goes to JSON and back', () => {
    const before = tf.memory().numTensors;
    const connection = new FracConnection({ ...prenormed, rate: 4, perturb: 0.5, seed: 3 });
    expect([...connection.weights.prenormGamma!.dataSync()]).toEqual(Array(12).fill(1));
    const json = connection.toJSON();
    expect(json).toMatchObject({ type: 'FracConnection', rate: 4, dynamicAlpha: true, enabled: false });
    const again = FracConnection.fromJSON(json);
    expect(again.toJSON()).toEqual(json);
    expect(again.enabled).toBe(false);
    connection.dispose();
    again.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses a state or an output of another size', () => {
    const connection = new Connection({ dim: 4, streams: 2, enabled: false });
    const h = tf.zeros([2, 4]);
    const mix = connection.width(h);
    expect(() => connection.width(tf.zeros([2, 8]))).toThrow('fracWidth: h must be [..., 4], got [2,8]');
    expect(() => connection.depth(h, tf.zeros([3, 4]), mix)).toThrow(/fracDepth: y must .*\[3,4\]/);
    expect(() => connection.depth(tf.zeros([8]), tf.zeros([8]), mix)).toThrow(/fracDepth: h must .*\[8\]/);
    connection.dispose();
  });
});

it('goes with a connection of one fraction, and no other', () => {
  const off = new FracConnection({ dim: 4, rate: 2, enabled: false });
  const [one, two] = [1, 2].map(rate => new FracConnection({ dim: 4, rate }));
  const h = random([3, 4]);
  const mix = off.width(h);
  expect(distance(off.depthWidth(h, h, mix, one!).h, tf.mul(h, 2))).toBe(0);
  expect(() => off.depthWidth(h, h, mix, two!)).toThrow(
    'FracConnection.depthWidth: next must have dim 4, streams 1 and fractions 1, got dim 4, streams 1 and fractions 2',
  );
  for (const each of [off, one!, two!]) each.dispose();
});

it('refuses an enabled that is no flag', () => {
  expect(() => new FracConnection({ dim: 4, rate: 2, enabled: 0 as never })).toThrow(
    'FracConnection: enabled must be true or false, got 0',
  );
});
