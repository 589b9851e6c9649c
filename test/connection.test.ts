import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Connection, FracConnection, HyperConnection } from '../lib/connection.js';
import { Random } from '../lib/random.js';
import { expandStreams, reduceStreams } from '../lib/streams.js';

const random = (shape: number[], seed = 1) => {
  const source = new Random(seed);
  return tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => source.normal()),
    shape,
  );
};

/** A layer that is no multiple of its input and mixes its channels. */
const branch = (x: tf.Tensor) => tf.tanh(tf.add(tf.mul(tf.reverse(x, -1), 0.7), 0.3));

const rms = (x: tf.Tensor) => tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-5)));

const flags = fc.record({
  dynamicAlpha: fc.boolean(),
  dynamicBeta: fc.boolean(),
  tanh: fc.boolean(),
  scale: fc.boolean(),
  norm: fc.constantFrom('rms' as const, 'layer' as const, 'none' as const),
  prenorm: fc.boolean(),
});

const maxDifference = (a: tf.Tensor, b: tf.Tensor) => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;

describe('at initialisation', () => {
  it('is the pre-norm residual connection, for every rate and flag', () => {
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 3, 4, 8), flags, (rate, options) => {
        const connection = new FracConnection({ dim: 24, rate, ...options });
        tf.tidy(() => {
          const h = random([2, 3, 24]);
          const residual = tf.add(h, branch(options.prenorm ? rms(h) : h));
          expect(maxDifference(connection.apply(h, branch), residual)).toBeLessThan(1e-6);
        });
        connection.dispose();
      }),
      { numRuns: 80 },
    );
  });

  it('is the residual network in Hyper-Connections, for every rate and flag', () => {
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 4, 8, 16), flags, (rate, options) => {
        const connections = [0, 1, 2].map(
          layerIndex => new HyperConnection({ dim: 6, rate, layerIndex, ...options }),
        );
        tf.tidy(() => {
          let h = random([4, 6]);
          let state = expandStreams(h, rate);
          for (const connection of connections) {
            h = tf.add(h, branch(options.prenorm ? rms(h) : h));
            state = connection.apply(state, branch);
          }
          // Every stream then holds the residual network's state.
          expect(maxDifference(tf.div(reduceStreams(state, rate), rate), h)).toBeLessThan(3e-6);
        });
        for (const connection of connections) connection.dispose();
      }),
      { numRuns: 60 },
    );
  });

  it('reads the stream of its place in the network', () => {
    const connection = new HyperConnection({ dim: 2, rate: 4, layerIndex: 6 });
    tf.tidy(() => {
      const h = tf.tensor1d([1, 2, 3, 4, 5, 6, 7, 8]);
      expect([...connection.width(h).x.dataSync()]).toEqual([5, 6]);
    });
    connection.dispose();
  });

  it('has the weights of Eq. 15', () => {
    const connection = new FracConnection({ dim: 4, rate: 2, norm: 'layer', prenorm: true });
    const state = Object.fromEntries(
      Object.entries(connection.stateDict()).map(([name, weight]) => [name, weight.arraySync()]),
    );
    const scale = Math.fround(0.01);
    expect(state).toEqual({
      static_alpha: [
        [1, 0, 1, 0],
        [0, 1, 0, 1],
      ],
      static_beta: [1, 1],
      'layer_norm.weight': [1, 1],
      'layer_norm.bias': [0, 0],
      dynamic_alpha_fn: [
        [0, 0, 0, 0],
        [0, 0, 0, 0],
      ],
      dynamic_beta_fn: [0, 0],
      dynamic_alpha_scale: [scale],
      dynamic_beta_scale: [scale],
      'prenorm.weight': [1, 1, 1, 1],
    });
    connection.dispose();
  });
});

describe('weights', () => {
  it('fall in two groups that together are all', () => {
    const connection = new FracConnection({ dim: 8, rate: 2, norm: 'layer', prenorm: true });
    const { staticAlpha, staticBeta, prenormGamma, ...dynamic } = connection.weights;
    expect(connection.staticWeights).toEqual([staticAlpha, staticBeta, prenormGamma]);
    expect(new Set(connection.dynamicWeights)).toEqual(new Set(Object.values(dynamic)));
    connection.dispose();
  });

  it('are noise of a seed when asked for', () => {
    const make = (seed: number) => {
      const connection = new FracConnection({ dim: 8, rate: 4, perturb: 0.1, seed });
      const values = Object.values(connection.stateDict()).flatMap(each => [...each.dataSync()]);
      connection.dispose();
      return values;
    };
    expect(make(5)).toEqual(make(5));
    expect(make(5)).not.toEqual(make(6));
  });

  it('travel by the names of the paper, all or none', () => {
    const from = new FracConnection({ dim: 8, rate: 4, perturb: 0.3, seed: 1 });
    const to = new FracConnection({ dim: 8, rate: 4 });
    to.loadStateDict(from.stateDict());
    tf.tidy(() => {
      const h = random([3, 8]);
      expect([...to.apply(h, branch).dataSync()]).toEqual([...from.apply(h, branch).dataSync()]);
    });
    to.loadStateDict(to.stateDict());

    const other = new FracConnection({ dim: 8, rate: 2, perturb: 1 });
    const before = [...to.weights.staticBeta.dataSync()];
    expect(() => to.loadStateDict(other.stateDict())).toThrow(
      'FracConnection.loadStateDict: static_alpha must be float32 [4,8], got float32 [2,4]',
    );
    const { static_beta: _, ...fewer } = from.stateDict();
    expect(() => to.loadStateDict({ ...fewer, gamma: fewer.static_alpha! })).toThrow(
      'FracConnection.loadStateDict: weights of another configuration: missing: static_beta; not known here: gamma',
    );
    expect([...to.weights.staticBeta.dataSync()]).toEqual(before);
    // What was loaded does not go when its source does.
    from.dispose();
    expect([...to.weights.staticBeta.dataSync()]).toEqual(before);
    for (const each of [to, other]) each.dispose();
  });

  it('learn: a step of gradient descent lowers a loss through apply', () => {
    const connection = new FracConnection({ dim: 8, rate: 4, perturb: 0.1 });
    const h = random([5, 8], 2);
    const target = random([5, 8], 3);
    const loss = () => tf.losses.meanSquaredError(target, connection.apply(h, branch)) as tf.Scalar;
    const optimizer = tf.train.sgd(0.1);
    const losses = Array.from({ length: 5 }, () => optimizer.minimize(loss, true)!.dataSync()[0]!);
    for (let i = 1; i < losses.length; i++) expect(losses[i]).toBeLessThan(losses[i - 1]!);
    connection.dispose();
  });
});

describe('configuration', () => {
  const modules: [typeof Connection, () => Connection][] = [
    [
      FracConnection,
      () => new FracConnection({ dim: 8, rate: 4, dynamicBeta: false, norm: 'layer', perturb: 0.2, seed: 9 }),
    ],
    [
      HyperConnection,
      () => new HyperConnection({ dim: 8, rate: 2, layerIndex: 3, tanh: false, prenorm: true }),
    ],
    [Connection, () => new Connection({ dim: 8, streams: 2, fractions: 4, layerIndex: 1, dynamic: false })],
  ] as never;
  it.each(modules)('goes to JSON and back: %o', (type, make) => {
    const connection = make();
    const json = JSON.parse(JSON.stringify(connection));
    const copy = type.fromJSON(json);
    expect(copy).toBeInstanceOf(type);
    expect(copy.options).toEqual(connection.options);
    expect(JSON.parse(JSON.stringify(copy))).toEqual(json);
    const values = (each: Connection) =>
      Object.entries(each.stateDict()).map(([name, w]) => [name, [...w.dataSync()]]);
    expect(values(copy)).toEqual(values(connection));
    for (const each of [connection, copy]) each.dispose();
  });

  it.each([
    [
      'FracConnection: rate must be an integer from 1 to 8, got 9',
      () => new FracConnection({ dim: 9, rate: 9 }),
    ],
    [
      'FracConnection: rate must be an integer from 1 to 8, got undefined',
      () => new FracConnection({ dim: 9 } as never),
    ],
    [
      'FracConnection: dim must be a multiple of rate = 4, got 10',
      () => new FracConnection({ dim: 10, rate: 4 }),
    ],
    [
      'FracConnection: options must be an object, got undefined',
      () => new FracConnection(undefined as never),
    ],
    [
      "FracConnection: unknown option 'streams'",
      () => new FracConnection({ dim: 8, rate: 2, streams: 2 } as never),
    ],
    [
      "FracConnection: unknown option 'alpha'",
      () => new FracConnection({ dim: 8, rate: 2, alpha: 2 } as never),
    ],
    [
      'FracConnection: dynamic must be true or false, got "yes"',
      () => new FracConnection({ dim: 8, rate: 2, dynamic: 'yes' as never }),
    ],
    [
      'FracConnection: perturb must be a finite number, 0 or more, got NaN',
      () => new FracConnection({ dim: 8, rate: 2, perturb: Number.NaN }),
    ],
    [
      'HyperConnection: layerIndex must be an integer, 0 or more, got undefined',
      () => new HyperConnection({ dim: 8, rate: 2 } as never),
    ],
    [
      'Connection: streams * fractions must be at most 16, got 64',
      () => new Connection({ dim: 8, streams: 8, fractions: 8 }),
    ],
    [
      `FracConnection.fromJSON: type must be 'FracConnection', got "HyperConnection"`,
      () => FracConnection.fromJSON({ type: 'HyperConnection' }),
    ],
  ])('refuses: %s', (message, make) => {
    const before = tf.memory().numTensors;
    expect(make).toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a disposed module', () => {
  it('gives its memory back once and says so when used', () => {
    const before = tf.memory().numTensors;
    const connection = new FracConnection({ dim: 8, rate: 4 });
    expect(tf.memory().numTensors).toBe(before + 7);
    connection.dispose();
    connection.dispose();
    expect(tf.memory().numTensors).toBe(before);
    const h = tf.zeros([1, 8]);
    expect(() => connection.width(h)).toThrow('FracConnection.width: the module has been disposed');
    expect(() => connection.apply(h, each => each)).toThrow('the module has been disposed');
    expect(() => connection.stateDict()).toThrow('FracConnection.stateDict: the module has been disposed');
    h.dispose();
  });
});
