import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ConnectionStack, type StackOptions } from '../../lib/connections/connection_stack.js';
import { FracConnection } from '../../lib/connections/frac_connection.js';

const branches = [
  (x: tf.Tensor) => tf.tanh(tf.mul(tf.reverse(x, -1), 0.7)),
  (x: tf.Tensor) => tf.sin(x),
  (x: tf.Tensor) => x,
];

const kinds: [string, Omit<StackOptions, 'branches'>][] = [
  ['frac', { dim: 8, rate: 4 }],
  ['frac, static', { dim: 8, rate: 2, dynamic: false }],
  ['hyper', { dim: 6, streams: 3 }],
  ['joint with prenorm', { dim: 8, streams: 2, fractions: 2, prenorm: true, norm: 'layer' }],
];

describe.each(kinds)('a stack, %s', (_, kind) => {
  const options = { ...kind, branches, perturb: 0.3, seed: 2 };
  const width = (kind.streams ?? 1) * kind.dim;
  const input = () => tf.sin(tf.reshape(tf.range(0, 5 * width), [5, width]));

  it('computes what its connections compute one after another, gradients too', () => {
    const stack = new ConnectionStack(options);
    const one = (h: tf.Tensor) =>
      stack.connections.reduce((state, connection, i) => connection.apply(state, branches[i]!), h);
    tf.tidy(() => {
      const h = input();
      expect([...stack.apply(h).dataSync()]).toEqual([...one(h).dataSync()]);
      const gradients = (f: (h: tf.Tensor) => tf.Tensor) =>
        tf.variableGrads(
          () => tf.sum(tf.square(f(h))) as tf.Scalar,
          [...stack.staticWeights, ...stack.dynamicWeights],
        ).grads;
      const expected = gradients(one);
      for (const [name, gradient] of Object.entries(gradients(each => stack.apply(each)))) {
        const scale = Math.max(1, tf.norm(expected[name]!).dataSync()[0]!);
        expect(tf.norm(tf.sub(gradient, expected[name]!)).dataSync()[0]! / scale, name).toBeLessThan(1e-5);
      }
    });
    stack.dispose();
  });

  it('leaves one tensor beside what branches make, and the input alive', () => {
    const stack = new ConnectionStack(options);
    const h = tf.tidy(input);
    const made: tf.Tensor[] = [];
    const recorded = branches.map(branch => (x: tf.Tensor) => {
      const y = tf.tidy(() => branch(x));
      if (y !== x) made.push(y);
      return y;
    });
    const before = tf.memory().numTensors;
    const out = stack.apply(h, recorded);
    tf.dispose(made);
    expect(tf.memory().numTensors).toBe(before + 1);
    expect(h.isDisposed).toBe(false);
    tf.dispose([h, out]);
    stack.dispose();
  });

  it('goes to JSON and back with its weights', () => {
    const stack = new ConnectionStack(options);
    const copy = ConnectionStack.fromJSON(JSON.parse(JSON.stringify({ ...stack.toJSON(), perturb: 0 })));
    copy.loadStateDict(stack.stateDict());
    tf.tidy(() => {
      const h = input();
      expect([...copy.apply(h, branches).dataSync()]).toEqual([...stack.apply(h).dataSync()]);
    });
    stack.dispose();
    copy.dispose();
  });
});

const rounded = (values: number[]) => values.map(value => Math.round(value) + 0);

describe('a stack', () => {
  it('keeps what a branch keeps', () => {
    const stack = new ConnectionStack({ dim: 4, rate: 2, branches: 2 });
    const kept: tf.Tensor[] = [];
    const keep = (x: tf.Tensor) => tf.mul(kept[kept.push(tf.keep(x)) - 1]!, 2);
    const h = tf.ones([1, 4]);
    const out = stack.apply(h, [keep, keep]);
    expect(kept.map(each => each.isDisposed)).toEqual([false, false]);
    expect(kept[0]!.shape).toEqual([1, 4]);
    tf.dispose([out, h, ...kept]);
    stack.dispose();
  });

  it('gives each connection noise of its own, and hyper connections their place', () => {
    const stack = new ConnectionStack({ dim: 4, streams: 2, branches: 2, perturb: 1e-3 });
    const [first, second] = stack.connections.map(each => [...each.weights.staticAlpha.dataSync()]);
    expect(rounded(first!)).toEqual([1, 1, 0, 0, 0, 1]);
    expect(rounded(second!)).toEqual([0, 1, 0, 1, 0, 1]);
    expect(first![0]).not.toBe(second![3]);
    stack.dispose();
  });

  it.each([
    ['ConnectionStack: branches must be an integer, 1 or more, got 0', { dim: 4, rate: 2, branches: [] }],
    ['ConnectionStack: branches must be an integer, 1 or more, got undefined', { dim: 4, rate: 2 }],
    [
      'ConnectionStack: rate must not be given together with streams or fractions, got 2',
      { dim: 4, rate: 2, streams: 2, branches: 1 },
    ],
    ['ConnectionStack: options must be an object, got undefined', undefined],
    [
      'ConnectionStack: branches must be an integer, 1 or more, got "ab"',
      { dim: 4, rate: 2, branches: 'ab' },
    ],
    [
      'ConnectionStack: branches[1] must be a function, got 3',
      { dim: 4, rate: 2, branches: [branches[0], 3] },
    ],
    ["ConnectionStack: unknown option 'layerIndex'", { dim: 4, streams: 2, branches: 1, layerIndex: 3 }],
    ["ConnectionStack: unknown option 'ratio'", { dim: 4, ratio: 2, branches: 1 }],
    ['ConnectionStack: seed must be a finite number, got "5"', { dim: 4, rate: 2, branches: 1, seed: '5' }],
    ['FracConnection: dim must be a multiple of rate = 3, got 4', { dim: 4, rate: 3, branches: 1 }],
  ])('refuses: %s', (message, options) => {
    expect(() => new ConnectionStack(options as unknown as StackOptions)).toThrow(message);
  });

  it('refuses branches that are not one a connection', () => {
    const stack = new ConnectionStack({ dim: 4, rate: 2, branches: 2 });
    const h = tf.ones([1, 4]);
    expect(() => stack.apply(h)).toThrow('ConnectionStack.apply: branches must be 2 functions, got none');
    expect(() => stack.apply(h, [x => x])).toThrow(
      'ConnectionStack.apply: branches must be 2 functions, got 1',
    );
    expect(() => stack.apply(h, [x => x, 'x' as never])).toThrow(
      'ConnectionStack.apply: branches[1] must be a function, got "x"',
    );
    stack.dispose();
    h.dispose();
  });

  it('keeps nothing of its own when a layer throws', () => {
    const stack = new ConnectionStack({ dim: 4, rate: 2, branches: 3 });
    const h = tf.ones([1, 4]);
    const before = tf.memory().numTensors;
    const same = (x: tf.Tensor) => x;
    const broken = () => {
      throw new Error('of the layer');
    };
    for (let at = 0; at < 3; at++) {
      const layers = [same, same, same].with(at, broken);
      expect(() => stack.apply(h, layers)).toThrow('of the layer');
      expect(tf.memory().numTensors).toBe(before);
    }
    h.dispose();
    stack.dispose();
  });

  it('refuses to chain connections of other sizes', () => {
    const a = new FracConnection({ dim: 8, rate: 2 });
    const b = new FracConnection({ dim: 4, rate: 2 });
    tf.tidy(() => {
      const h = tf.ones([1, 8]);
      expect(() => a.depthWidth(h, h, a.width(h), b)).toThrow(
        'FracConnection.depthWidth: next must have dim 8, streams 1 and fractions 2, got dim 4, streams 1 and fractions 2',
      );
    });
    a.dispose();
    b.dispose();
  });
});
