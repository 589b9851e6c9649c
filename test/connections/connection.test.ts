import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { Random } from '../../lib/common/random.js';
import { Connection } from '../../lib/connections/connection.js';
import { FracConnection } from '../../lib/connections/frac_connection.js';
import { HyperConnection } from '../../lib/connections/hyper_connection.js';
import { expandStreams, reduceStreams } from '../../lib/connections/streams.js';

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

function* everyFlag() {
  for (const norm of ['rms', 'layer', 'none'] as const) {
    for (let bits = 0; bits < 32; bits++) {
      const [dynamicAlpha, dynamicBeta, tanh, scale, prenorm] = [1, 2, 4, 8, 16].map(bit => (bits & bit) > 0);
      yield { norm, dynamicAlpha, dynamicBeta, tanh, scale, prenorm };
    }
  }
}

const maxDifference = (a: tf.Tensor, b: tf.Tensor) => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;

describe('at initialisation', () => {
  // Hyper-Connections have one fraction, Frac-Connections one stream; the rest is the joint form.
  const sizes = [
    ...[1, 2, 3, 4, 8].map(fractions => [1, fractions]),
    ...[2, 3, 4, 8, 16].map(streams => [streams, 1]),
    ...[
      [2, 2],
      [2, 4],
      [4, 4],
      [2, 8],
    ],
  ] as [number, number][];
  it.each(sizes)(
    'is the residual network, for every flag: %i streams, %i fractions',
    (streams, fractions) => {
      for (const options of everyFlag()) {
        const connections = [0, 1, 2].map(
          layerIndex => new Connection({ dim: 2 * fractions, streams, fractions, layerIndex, ...options }),
        );
        tf.tidy(() => {
          let h = random([3, 2 * fractions]);
          let state = expandStreams(h, streams);
          for (const connection of connections) {
            h = tf.add(h, branch(options.prenorm ? rms(h) : h));
            state = connection.apply(state, branch);
          }
          // Every stream then holds the residual network's state.
          const difference = maxDifference(tf.div(reduceStreams(state, streams), streams), h);
          expect(difference, JSON.stringify(options)).toBeLessThan(3e-6);
        });
        for (const connection of connections) connection.dispose();
      }
    },
  );

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
    // Its own weights under each other's names: both arrive.
    to.weights.scaleAlpha!.assign(tf.fill([1], 2));
    to.weights.scaleBeta!.assign(tf.fill([1], 3));
    const { dynamic_alpha_scale: alpha, dynamic_beta_scale: beta } = to.stateDict();
    to.loadStateDict({ ...to.stateDict(), dynamic_alpha_scale: beta!, dynamic_beta_scale: alpha! });
    expect([alpha!.dataSync()[0], beta!.dataSync()[0]]).toEqual([3, 2]);

    const other = new FracConnection({ dim: 8, rate: 2, perturb: 1 });
    const before = [...to.weights.staticBeta.dataSync()];
    expect(() => to.loadStateDict(other.stateDict())).toThrow(
      'FracConnection.loadStateDict: static_alpha must be float32 [4,8], got float32 [2,4]',
    );
    const { static_beta: _, ...fewer } = from.stateDict();
    expect(() => to.loadStateDict({ ...fewer, gamma: fewer.static_alpha! })).toThrow(
      'FracConnection.loadStateDict: the names of the weights must match this configuration (missing: static_beta; unknown: gamma)',
    );
    const gone = tf.ones([4]);
    gone.dispose();
    for (const [value, message] of [
      [gone, 'FracConnection.loadStateDict: static_beta must not be disposed'],
      [undefined, 'FracConnection.loadStateDict: static_beta must be a tf.Tensor, got undefined'],
      [[1, 1, 1, 1], 'FracConnection.loadStateDict: static_beta must be a tf.Tensor, got an array'],
    ] as const) {
      const state = { ...from.stateDict(), static_alpha: tf.zeros([4, 8]), static_beta: value as tf.Tensor };
      expect(() => to.loadStateDict(state)).toThrow(message);
    }
    expect(() => to.loadStateDict(null as never)).toThrow(
      'FracConnection.loadStateDict: weights must be an object of tensors, got null',
    );
    expect(to.weights.staticAlpha.dataSync()).toEqual(from.weights.staticAlpha.dataSync());
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
    ['Connection: options must be an object, got null', () => new Connection(null as never)],
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

describe('a connection', () => {
  it('keeps nothing of its own when the layer throws', () => {
    const connection = new FracConnection({ dim: 4, rate: 2 });
    const h = tf.ones([1, 4]);
    const before = tf.memory().numTensors;
    const broken = () => {
      throw new Error('of the layer');
    };
    expect(() => connection.apply(h, broken)).toThrow('of the layer');
    expect(() => connection.apply(h, () => tf.sum(h))).toThrow('fracDepth: y must be [1, 4], got []');
    expect(tf.memory().numTensors).toBe(before + 1);
    expect(h.isDisposed).toBe(false);
    h.dispose();
    connection.dispose();
  });

  it('says which argument is missing', () => {
    const connection = new FracConnection({ dim: 4, rate: 2 });
    tf.tidy(() => {
      const h = tf.ones([1, 4]);
      expect(() => connection.depth(h, h, undefined as never)).toThrow(
        'FracConnection.depth: mix must be a result of width, got undefined',
      );
      expect(() => connection.depthWidth(h, h, connection.width(h), undefined as never)).toThrow(
        'FracConnection.depthWidth: next must be a Connection, got undefined',
      );
    });
    connection.dispose();
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
