import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it, vi } from 'vitest';
import { FracConnectionsError } from '../../lib/common/errors.js';
import { expandStreams, fracConnection, hyperConnection, reduceStreams } from '../../lib/layers/index.js';

const dense = (units: number) => tfl.layers.dense({ units });
type Args = Parameters<typeof fracConnection>[0];

function errorOf(work: () => unknown): FracConnectionsError {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(FracConnectionsError);
    return error as FracConnectionsError;
  }
  throw new Error('nothing was thrown');
}

describe('a connection layer refuses', () => {
  const used = dense(4);
  const bad: [string, () => unknown, string][] = [
    ['nothing', () => null, 'fracConnection: args must be an object, got null'],
    [
      'no layer',
      () => ({ rate: 2 }),
      'fracConnection: layer must be a tf.layers layer or a model, got undefined',
    ],
    [
      'a function as layer',
      () => ({ layer: Math.tanh, rate: 2 }),
      'fracConnection: layer must be a tf.layers layer',
    ],
    [
      'a layer that was used',
      () => ({ layer: used, rate: 2 }),
      'fracConnection: layer must not have been used before',
    ],
    [
      'no rate',
      () => ({ layer: dense(4) }),
      'FracConnection: rate must be an integer from 1 to 8, got undefined',
    ],
    [
      'rate 9',
      () => ({ layer: dense(9), rate: 9 }),
      'FracConnection: rate must be an integer from 1 to 8, got 9',
    ],
    ['dim', () => ({ layer: dense(4), rate: 2, dim: 4 }), "fracConnection: unknown option 'dim'"],
    [
      'layerIndex',
      () => ({ layer: dense(4), rate: 2, layerIndex: 0 }),
      "fracConnection: unknown option 'layerIndex'",
    ],
    ['a norm', () => ({ layer: dense(4), rate: 2, norm: 'batch' }), "norm must be 'rms', 'layer' or 'none'"],
    ['NaN', () => ({ layer: dense(4), rate: 2, epsilon: Number.NaN }), 'epsilon must be a finite number'],
    [
      'int32',
      () => ({ layer: dense(4), rate: 2, dtype: 'int32' }),
      'fracConnection: dtype must be \'float32\', got "int32"',
    ],
    [
      'a number as regularizer',
      () => ({ layer: dense(4), rate: 2, regularizer: 0.1 }),
      'fracConnection: regularizer must be one of tf.regularizers or its config, got 0.1',
    ],
    [
      'an unknown regularizer',
      () => ({ layer: dense(4), rate: 2, regularizer: { className: 'L3', config: {} } }),
      'fracConnection: the class of regularizer must be registered with tf.serialization.registerClass, got "L3"',
    ],
  ];
  it.each(bad)('%s', (_, args, message) => {
    if (!used.built) tf.tidy(() => void used.apply(tf.zeros([1, 4])));
    const before = tf.memory().numTensors;
    const error = errorOf(() => fracConnection(args() as Args));
    expect(error.message).toContain(message);
    expect(error.code).toBe('ERR_OPTION');
    expect(tf.memory().numTensors).toBe(before);
  });

  it('a layer that another connection has, and a model likewise', () => {
    for (const layer of [
      dense(4),
      tfl.sequential({ layers: [tfl.layers.dense({ units: 4, inputShape: [4] })] }),
    ]) {
      fracConnection({ layer, rate: 2 });
      const error = errorOf(() => hyperConnection({ layer, rate: 2, layerIndex: 0 }));
      expect(error.message).toMatch(/^hyperConnection: layer must not be inside another connection, got/);
    }
  });

  it('hyperConnection: no layerIndex', () => {
    const run = () => hyperConnection({ layer: dense(4), rate: 2 } as never);
    expect(errorOf(run).message).toBe(
      'HyperConnection: layerIndex must be an integer, 0 or more, got undefined',
    );
  });

  it.each([
    [
      'a width that rate does not divide',
      4,
      [10],
      "the input's last size must be a multiple of rate = 4, got [null, 10]",
    ],
    [
      'an unknown width',
      4,
      [3, null],
      'the input must be [batch, ..., width] with a known width, got [null, 3, null]',
    ],
    ['a scalar a sample', 1, [], 'the input must be [batch, ..., width] with a known width, got [null]'],
  ])('%s', (_, rate, shape, message) => {
    const input = tfl.input({ shape });
    for (const layer of [
      fracConnection({ layer: dense(10), rate }),
      hyperConnection({ layer: dense(10), rate, layerIndex: 0 }),
    ]) {
      const error = errorOf(() => layer.apply(input));
      expect(error.message).toMatch(/^(frac|hyper)Connection: /);
      expect(error.message).toContain(message);
      expect(error.code).toBe('ERR_SHAPE');
    }
  });

  it('a layer that changes the shape', () => {
    const input = tfl.input({ shape: [3, 8] });
    const message = (layer: tfl.layers.Layer) =>
      errorOf(() => fracConnection({ layer, rate: 2 }).apply(input)).message;
    const rule = 'fracConnection: layer must keep the shape of its input, [null, 3, 8], got';
    expect(message(dense(9))).toBe(`${rule} [null, 3, 9]`);
    expect(message(tfl.layers.flatten())).toBe(`${rule} [null, 24]`);
    expect(message(tfl.layers.permute({ dims: [2, 1] }))).toBe(`${rule} [null, 8, 3]`);
    const own = tfl.input({ shape: [3, 8] });
    const two = tfl.model({
      inputs: own,
      outputs: [dense(8), dense(8)].map(l => l.apply(own)) as tfl.SymbolicTensor[],
    });
    expect(message(two)).toBe(`${rule} [null, 3, 8] and [null, 3, 8]`);
  });

  it('two inputs, another width later, another type', () => {
    const [a, b] = [tfl.input({ shape: [4] }), tfl.input({ shape: [4] })];
    const two = fracConnection({ layer: dense(4), rate: 2 });
    expect(errorOf(() => two.apply([a, b])).message).toBe('fracConnection: must have one input, got 2');
    const layer = fracConnection({ layer: dense(4), rate: 2, name: 'block' });
    layer.apply(a);
    const later = errorOf(() => layer.apply(tfl.input({ shape: [8] })));
    expect(later.message).toBe('fracConnection: block was built for width 4, got 8');
    const [wide, ints] = [tf.zeros([1, 8]), tf.zeros([1, 4], 'int32')];
    expect(errorOf(() => layer.apply(wide)).message).toBe('fracWidth: h must be [..., 4], got [1,8]');
    expect(errorOf(() => layer.apply(ints)).message).toBe('fracWidth: h must be float32, got int32');
    tf.dispose([wide, ints]);
    layer.dispose();
  });

  it('expandStreams and reduceStreams: a bad n, a bad width', () => {
    const input = tfl.input({ shape: [9] });
    for (const make of [expandStreams, reduceStreams]) {
      expect(errorOf(() => make({ n: 17 })).message).toBe(
        `${make.name}: n must be an integer from 1 to 16, got 17`,
      );
      expect(errorOf(() => make({ n: 2, rate: 2 } as { n: number })).message).toContain(
        "unknown option 'rate'",
      );
      expect(errorOf(() => make(undefined as unknown as { n: number })).message).toContain(
        'must be an object',
      );
    }
    expect(errorOf(() => reduceStreams({ n: 2 }).apply(input)).message).toBe(
      "reduceStreams: the input's last size must be a multiple of n = 2, got [null, 9]",
    );
  });
});

describe('a second copy of the module', () => {
  it('loads what the first saved, and the two work in one model', async () => {
    vi.resetModules();
    const second = await import('../../lib/layers/index.js');
    expect(second.fracConnection).not.toBe(fracConnection);
    const layer = fracConnection({ layer: dense(4), rate: 2, inputShape: [4], perturb: 0.3 });
    const other = second.fracConnection({ layer: dense(4), rate: 4, perturb: 0.3 });
    const model = tfl.sequential({ layers: [layer, other] });
    let saved: tf.io.ModelArtifacts = {};
    await model.save(
      tf.io.withSaveHandler(async artifacts => {
        saved = artifacts;
        return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
      }),
    );
    const loaded = await tfl.loadLayersModel(tf.io.fromMemory(saved));
    const x = tf.tensor2d([[1, -2, 3, 0.5]]);
    const run = (each: tfl.LayersModel) => tf.tidy(() => [...(each.predict(x) as tf.Tensor).dataSync()]);
    expect(run(loaded)).toEqual(run(model));
    x.dispose();
    model.dispose();
    loaded.dispose();
  });
});
