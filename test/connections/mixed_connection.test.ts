import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { BaseConnection } from '../../lib/connections/base_connection.js';
import { Connection } from '../../lib/connections/connection.js';
import { ConnectionStack } from '../../lib/connections/connection_stack.js';
import { MixedConnection, type MixedOptions } from '../../lib/connections/mixed_connection.js';
import { resolveOptions } from '../../lib/contract/options.js';
import { depthToken, readToken } from '../support/oracle.js';

const layer = (x: tf.Tensor) => tf.tanh(tf.mul(tf.reverse(x, -1), 0.7));
const normal = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);
const apart = (got: tf.Tensor, want: tf.Tensor) =>
  tf.tidy(() => tf.div(tf.norm(tf.sub(got, want)), tf.norm(want)).dataSync()[0]!);

/** A rule with a learned matrix: n segments, m blocks, a token's own coefficients. */
function softmaxRule(n: number, m: number, width: number) {
  const w = tf.tidy(() => tf.variable(tf.mul(normal([width, n * (m + n) + n], 1), 0.3)));
  const coefficients = (h: tf.Tensor) => {
    const lead = h.shape.slice(0, -1);
    const logits = tf.matMul(tf.reshape(h, [-1, width]) as tf.Tensor2D, w as unknown as tf.Tensor2D);
    const [a, b] = tf.split(logits, [n * (m + n), n], 1);
    return {
      alpha: tf.softmax(tf.reshape(a!, [...lead, n, m + n])),
      beta: tf.reshape(tf.mul(2, tf.sigmoid(b!)), [...lead, n]),
    };
  };
  return { w, coefficients };
}

describe('a connection with a rule of its own', () => {
  it('reads, mixes and writes with the coefficients of the rule', () => {
    tf.tidy(() => {
      const o = resolveOptions('test', { dim: 6, streams: 2, fractions: 3 });
      const { coefficients } = softmaxRule(6, 3, 12);
      const connection = new MixedConnection({
        dim: 6,
        streams: 2,
        fractions: 3,
        coefficients,
        prenorm: true,
      });
      const h = normal([2, 2, 12], 2);
      const gain = connection.stateDict()['prenorm.weight']!;
      gain.assign(tf.add(1, tf.mul(0.3, normal([6], 3))));
      const out = connection.apply(h, layer).dataSync();
      const { alpha, beta } = coefficients(h);
      const [hs, as, bs] = [h, alpha, beta].map(each => Float64Array.from(each.dataSync()));
      const gamma = Float64Array.from(gain.dataSync());
      for (let t = 0; t < 4; t++) {
        const [ht, at, bt] = [
          hs!.slice(t * 12, t * 12 + 12),
          as!.slice(t * 54, t * 54 + 54),
          bs!.slice(t * 6, t * 6 + 6),
        ];
        const x = readToken(ht, at, gamma, o);
        const y = x.map((_, i) => Math.tanh(0.7 * x[5 - i]!));
        for (const [i, want] of depthToken(ht, y, at, bt, o).entries())
          expect(out[t * 12 + i]).toBeCloseTo(want, 5);
      }
    });
  });

  it('is a connection of the papers with their coefficients, gradients too', () => {
    tf.tidy(() => {
      const paper = new Connection({
        dim: 8,
        streams: 2,
        fractions: 2,
        prenorm: true,
        perturb: 0.3,
        seed: 5,
      });
      const mixed = new MixedConnection({
        ...{ dim: 8, streams: 2, fractions: 2, prenorm: true },
        coefficients: each => {
          const { alpha, beta } = paper.width(each);
          return { alpha, beta };
        },
      });
      mixed.stateDict()['prenorm.weight']!.assign(paper.weights.prenormGamma!);
      const h = normal([5, 16], 2);
      expect(apart(mixed.apply(h, layer), paper.apply(h, layer))).toBeLessThan(1e-6);
      const loss = (connection: BaseConnection) => (each: tf.Tensor) =>
        tf.sum(tf.square(connection.apply(each, layer)));
      expect(apart(tf.grad(loss(mixed))(h), tf.grad(loss(paper))(h))).toBeLessThan(1e-5);
      const { scaleAlpha } = paper.weights;
      const of = (connection: BaseConnection) =>
        tf.variableGrads(() => loss(connection)(h) as tf.Scalar, [scaleAlpha!]).grads[scaleAlpha!.name]!;
      expect(apart(of(mixed), of(paper))).toBeLessThan(1e-5);
    });
  });

  it('keeps coefficients that all tokens share from call to call, and leaves no tensor of its own', () => {
    const alpha = tf.tensor2d([1, 1, 0, 1, 0, 1], [2, 3]);
    const beta = tf.variable(tf.tensor1d([0.5, 0.25]));
    const connection = new MixedConnection({
      ...{ dim: 4, streams: 2, weights: { beta } },
      coefficients: () => ({ alpha, beta }),
    });
    const h = tf.ones([3, 8]);
    connection.apply(h, x => x).dispose();
    const before = tf.memory().numTensors;
    const out = connection.apply(h, x => x);
    expect(tf.memory().numTensors).toBe(before + 1);
    expect([...out.dataSync()].slice(0, 8)).toEqual([2, 2, 2, 2, 1.5, 1.5, 1.5, 1.5]);
    expect(Object.keys(connection.stateDict())).toEqual(['beta']);
    expect(connection.dynamicWeights).toEqual([beta]);
    connection.dispose();
    expect(beta.isDisposed).toBe(true);
    expect(alpha.isDisposed).toBe(false);
    expect(() => connection.apply(h, x => x)).toThrow('MixedConnection.width: the module has been disposed');
    tf.dispose([h, out, alpha]);
  });
});

describe('a stack of connections of any rule', () => {
  const make = () => {
    const { w, coefficients } = softmaxRule(2, 2, 8);
    const mixed = new MixedConnection({ dim: 8, fractions: 2, prenorm: true, weights: { w }, coefficients });
    const paper = () => new Connection({ dim: 8, fractions: 2, prenorm: true, perturb: 0.3, seed: 1 });
    const connections: BaseConnection[] = [paper(), mixed, paper()];
    return { connections, stack: new ConnectionStack({ connections, branches: [layer, tf.sin, layer] }) };
  };

  it('computes what they compute one after another, and has their weights', () => {
    tf.tidy(() => {
      const { connections, stack } = make();
      const h = normal([5, 8], 2);
      const branches = [layer, tf.sin, layer];
      const want = connections.reduce<tf.Tensor>((state, each, i) => each.apply(state, branches[i]!), h);
      expect([...stack.apply(h).dataSync()]).toEqual([...want.dataSync()]);
      expect(Object.keys(stack.stateDict())).toContain('1.w');
      expect(stack.dynamicWeights).toContain((connections[1] as MixedConnection).weights.w);
      stack.dispose();
      expect(connections.every(each => each.isDisposed)).toBe(true);
    });
  });

  it('leaves no tensor but the result and those of the rules', () => {
    const { stack } = make();
    const h = normal([5, 8], 2);
    tf.tidy(() => void stack.apply(h)); // registers kernels
    const before = tf.memory().numTensors;
    tf.tidy(() => stack.apply(h)).dispose();
    expect(tf.memory().numTensors).toBe(before);
    h.dispose();
    stack.dispose();
  });

  it('has no JSON of its own', () => {
    const { stack } = make();
    expect(() => stack.toJSON()).toThrow('ConnectionStack.toJSON: a stack of given connections has no JSON');
    stack.dispose();
  });

  const one = () => new Connection({ dim: 8, fractions: 2 });
  it.each<[string, () => object, string]>([
    ['no connections', () => ({ connections: [] }), 'connections must be a list of connections'],
    ['what is none', () => ({ connections: [one(), {}] }), 'connections[1] must be a connection'],
    ['other options', () => ({ connections: [one()], dim: 8 }), "unknown option 'dim'"],
    [
      'too many branches',
      () => ({ connections: [one()], branches: [layer, layer] }),
      'branches must be 1 functions',
    ],
  ])('refuses %s', (_, options, message) => {
    expect(() => new ConnectionStack(options() as never)).toThrow(`ConnectionStack: ${message}`);
  });
});

describe('a mixed connection that is off', () => {
  it('is the residual, its norm too, and so is a stack of them', () => {
    tf.tidy(() => {
      const never = () => {
        throw new Error('the rule ran');
      };
      const off = () =>
        new MixedConnection({ dim: 8, streams: 3, prenorm: true, enabled: false, coefficients: never });
      const h = normal([5, 8], 2);
      const residual = new ConnectionStack({
        dim: 8,
        prenorm: true,
        enabled: false,
        branches: [layer, layer],
      });
      const stack = new ConnectionStack({ connections: [off(), off()], branches: [layer, layer] });
      expect([...stack.apply(h).dataSync()]).toEqual([...residual.apply(h).dataSync()]);
      expect(Object.keys(stack.stateDict())).toEqual(['0.prenorm.weight', '1.prenorm.weight']);
      expect(stack.connections[0]!.options.streams).toBe(1);
      const gradient = (of: ConnectionStack<BaseConnection>) =>
        tf.grad(each => tf.sum(tf.square(of.apply(each))))(h);
      expect([...gradient(stack).dataSync()]).toEqual([...gradient(residual).dataSync()]);
    });
  });
});

describe('errors of a mixed connection', () => {
  const good: MixedOptions = { dim: 4, coefficients: () => ({ alpha: tf.ones([1, 2]), beta: tf.ones([1]) }) };
  const h = () => tf.ones([2, 4]);
  it.each<[string, () => unknown, string]>([
    [
      'no rule',
      () => new MixedConnection({ dim: 4 } as never),
      'coefficients must be a function, got undefined',
    ],
    ['an unknown option', () => new MixedConnection({ ...good, rate: 2 } as never), "unknown option 'rate'"],
    [
      'a wrong size',
      () => new MixedConnection({ ...good, fractions: 3 }),
      'dim must be a multiple of fractions = 3, got 4',
    ],
    [
      'a weight that is none',
      () => new MixedConnection({ ...good, weights: { w: h() } as never }),
      'weights.w must be a tf.Variable',
    ],
    [
      'a weight with the name of the gain',
      () => new MixedConnection({ ...good, weights: { 'prenorm.weight': tf.variable(h()) } }),
      "weights must not have the name 'prenorm.weight'",
    ],
    ['JSON', () => new MixedConnection(good).toJSON(), '.toJSON: JSON cannot hold a rule'],
    [
      'a rule that returns nothing',
      () => new MixedConnection({ ...good, coefficients: () => undefined as never }).width(h()),
      'coefficients must return { alpha, beta }, got undefined',
    ],
  ])('%s', (_, run, message) => {
    tf.tidy(
      () => void expect(run).toThrow(`MixedConnection${message.startsWith('.') ? '' : ': '}${message}`),
    );
  });

  it('a rule that returns another shape: the error of the op', () => {
    tf.tidy(() => {
      const wrong = new MixedConnection({
        ...good,
        coefficients: () => ({ alpha: tf.ones([2, 1]), beta: tf.ones([1]) }),
      });
      expect(() => wrong.width(h())).toThrow('fracRead: alpha must be [1, 2] or [2, 1, 2], got [2,1]');
    });
  });
});
