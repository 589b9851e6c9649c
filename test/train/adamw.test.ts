import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { Random } from '../../lib/common/random.js';
import { AdamW } from '../../lib/train/adamw.js';

const SIZES = { small: [3], matrix: [2, 4], large: [200, 200], scalar: [] as number[] };
type Name = keyof typeof SIZES;
const NAMES = Object.keys(SIZES) as Name[];
const DECAYED: Name[] = ['matrix', 'large'];

const values = (random: Random, shape: number[]) =>
  Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal());

function setUp(seed = 1) {
  const random = new Random(seed);
  const make = (name: Name) =>
    tf.tidy(() => tf.variable(tf.tensor(values(random, SIZES[name]), SIZES[name])));
  const weights = Object.fromEntries(NAMES.map(name => [name, make(name)])) as Record<Name, tf.Variable>;
  const pick = (names: Name[]) => Object.fromEntries(names.map(name => [name, weights[name]]));
  const groups = [
    { weights: pick(DECAYED), weightDecay: 0.1 },
    { weights: pick(NAMES.filter(name => !DECAYED.includes(name))), weightDecay: 0 },
  ];
  return { weights, adam: new AdamW(groups, { beta1: 0.9, beta2: 0.99, epsilon: 1e-6 }) };
}

function gradientsOf(weights: Record<Name, tf.Variable>, random: Random, skip: Name[] = []) {
  const plain = Object.fromEntries(NAMES.map(name => [name, values(random, SIZES[name])])) as Record<
    Name,
    Float32Array
  >;
  for (const name of skip) plain[name].fill(0);
  const kept = NAMES.filter(name => !skip.includes(name));
  const named = Object.fromEntries(
    kept.map(name => [weights[name].name, tf.tensor(plain[name], SIZES[name])]),
  );
  return { plain, named };
}

// The formula of the paper, as printed, in float64.
class Reference {
  private t = 0;
  private m = new Map<Name, Float64Array>();
  private v = new Map<Name, Float64Array>();
  readonly p: Record<string, Float64Array>;

  constructor(weights: Record<Name, tf.Variable>) {
    this.p = Object.fromEntries(NAMES.map(name => [name, Float64Array.from(weights[name].dataSync())]));
  }

  update(gradients: Record<Name, Float32Array>, lr: number, scale: number) {
    this.t++;
    for (const name of NAMES) {
      const p = this.p[name]!;
      const m = this.m.get(name) ?? new Float64Array(p.length);
      const v = this.v.get(name) ?? new Float64Array(p.length);
      for (let i = 0; i < p.length; i++) {
        const g = gradients[name][i]! * scale;
        m[i] = 0.9 * m[i]! + 0.1 * g;
        v[i] = 0.99 * v[i]! + 0.01 * g * g;
        const decay = DECAYED.includes(name) ? 0.1 : 0;
        const adam = m[i]! / (1 - 0.9 ** this.t) / (Math.sqrt(v[i]! / (1 - 0.99 ** this.t)) + 1e-6);
        p[i] = p[i]! - lr * decay * p[i]! - lr * adam;
      }
      this.m.set(name, m);
      this.v.set(name, v);
    }
  }
}

describe('AdamW', () => {
  it('makes the updates of the formula, small weights and large, with and without decay', () => {
    const { weights, adam } = setUp();
    const reference = new Reference(weights);
    const random = new Random(2);
    for (const [lr, scale] of [
      [0.1, 1],
      [0.02, 0.25],
      [0.05, 1],
      [0.01, 3],
    ] as const) {
      const { plain, named } = gradientsOf(weights, random);
      adam.update(named, lr, scale);
      reference.update(plain, lr, scale);
      tf.dispose(named);
    }
    for (const name of NAMES) {
      const got = weights[name].dataSync();
      const worst = reference.p[name]!.reduce((most, x, i) => Math.max(most, Math.abs(x - got[i]!)), 0);
      expect(worst, name).toBeLessThan(2e-6);
    }
    adam.dispose();
  });

  it('decays and forgets where there is no gradient', () => {
    const { weights, adam } = setUp();
    const reference = new Reference(weights);
    const random = new Random(4);
    for (const skip of [[], ['large', 'small'], ['matrix']] as Name[][]) {
      const { plain, named } = gradientsOf(weights, random, skip);
      adam.update(named, 0.1);
      reference.update(plain, 0.1, 1);
    }
    for (const name of NAMES) {
      const got = weights[name].dataSync();
      reference.p[name]!.forEach((x, i) => {
        expect(Math.abs(x - got[i]!)).toBeLessThan(2e-6);
      });
    }
    adam.dispose();
  });

  it('goes on from its saved state to the same bits', () => {
    const one = setUp();
    const random = new Random(5);
    const state = random.state();
    const run = ({ weights, adam }: ReturnType<typeof setUp>, from: Random, steps: number) => {
      for (let i = 0; i < steps; i++) adam.update(gradientsOf(weights, from).named, 0.01);
    };
    run(one, random, 6);

    const first = setUp();
    const order = Random.fromState(state);
    run(first, order, 3);
    const second = setUp(99);
    for (const name of NAMES) second.weights[name].assign(first.weights[name].clone());
    const saved = first.adam.stateDict();
    expect(saved['m.large']!.shape).toEqual([200, 200]);
    expect(saved['v.scalar']!.shape).toEqual([]);
    second.adam.loadStateDict(saved, first.adam.steps);
    run(second, order, 3);
    for (const name of NAMES) expect(second.weights[name].dataSync()).toEqual(one.weights[name].dataSync());
  });

  it('refuses state of other weights and changes nothing', () => {
    const { weights, adam } = setUp();
    adam.update(gradientsOf(weights, new Random(6)).named, 0.01);
    const saved = adam.stateDict();
    const before = saved['m.small']!.dataSync().slice();
    const { 'v.matrix': _, ...without } = saved;
    expect(() => adam.loadStateDict({ ...without, 'm.small': tf.zeros([3]) }, 1)).toThrow(
      'AdamW.loadStateDict: v.matrix must be [2,4], got nothing',
    );
    expect(() => adam.loadStateDict({ ...saved, 'v.small': tf.zeros([4]) }, 1)).toThrow(
      'must be [3], got [4]',
    );
    expect(adam.stateDict()['m.small']!.dataSync()).toEqual(before);
  });

  it('leaks no tensors and frees its own', () => {
    const before = tf.memory().numTensors;
    const { weights, adam } = setUp();
    const { named } = gradientsOf(weights, new Random(7));
    adam.update(named, 0.01);
    const after = tf.memory().numTensors;
    for (let i = 0; i < 5; i++) adam.update(named, 0.01);
    expect(tf.memory().numTensors).toBe(after);
    tf.dispose(adam.stateDict());
    expect(tf.memory().numTensors).toBe(after);
    adam.dispose();
    tf.dispose([named, weights]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
