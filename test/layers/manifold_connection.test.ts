import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { ManifoldConnection } from '../../lib/connections/manifold_connection.js';
import { expandStreams, manifoldConnection, reduceStreams } from '../../lib/layers/index.js';
import { dense, expectClose, normal, predict } from './support.js';

describe('manifoldConnection', () => {
  it('starts, between copies and their mean, as the residual network', () => {
    const n = 3;
    const input = tfl.input({ shape: [6] });
    let streams = expandStreams({ n }).apply(input) as tfl.SymbolicTensor;
    let plain: tfl.SymbolicTensor = input;
    for (let layerIndex = 0; layerIndex < 4; layerIndex++) {
      const args = { layer: dense(6, layerIndex + 1), rate: n, layerIndex };
      streams = manifoldConnection(args).apply(streams) as never;
      const y = dense(6, layerIndex + 1).apply(plain) as tfl.SymbolicTensor;
      plain = tfl.layers.add().apply([plain, y]) as tfl.SymbolicTensor;
    }
    const out = reduceStreams({ n, reduction: 'mean' }).apply(streams) as tfl.SymbolicTensor;
    const [a, b] = [out, plain].map(outputs => tfl.model({ inputs: input, outputs }));
    const x = normal([4, 6], 5);
    expectClose(predict(a!, x), predict(b!, x), 2e-5);
    x.dispose();
    a!.dispose();
    b!.dispose();
  });

  it.each([
    {},
    { prenorm: true, mixing: 'identity' },
    { form: 'exp', iterations: 3, epsilon: 1e-3 },
  ] as const)('computes what the module computes, with %o', flags => {
    const options = { rate: 2, layerIndex: 3, perturb: 0.3, seed: 5, ...flags };
    const inner = dense(6, 4);
    const layer = manifoldConnection({ layer: inner, ...options });
    const module = new ManifoldConnection({ dim: 6, ...options });
    const h = normal([3, 12], 8);
    const out = layer.apply(h) as tf.Tensor;
    expectClose(
      out.dataSync(),
      tf.tidy(() => module.apply(h, x => inner.apply(x) as tf.Tensor).dataSync()),
      0,
    );
    const own = ['fn', 'base', 'scale', ...('prenorm' in flags ? ['prenorm.weight'] : [])];
    const names = layer.weights.map(weight => weight.originalName);
    expect(names.slice(0, own.length)).toEqual(own.map(name => `${layer.name}/${name}`));
    tf.dispose([h, out]);
    module.dispose();
    layer.dispose();
  });

  it('trains: connection and layer both learn, and the loss falls', async () => {
    const model = tfl.sequential();
    model.add(expandStreams({ n: 2, inputShape: [6] }));
    for (const layerIndex of [0, 1]) {
      const layer = dense(6, layerIndex + 1);
      model.add(
        manifoldConnection({ layer, rate: 2, layerIndex, regularizer: tfl.regularizers.l2({ l2: 1e-4 }) }),
      );
    }
    model.add(reduceStreams({ n: 2, reduction: 'mean' }));
    model.add(tfl.layers.dense({ units: 2 }));
    model.compile({ optimizer: tf.train.adam(0.02), loss: 'meanSquaredError' });
    const [x, y] = [normal([32, 6], 1), normal([32, 2], 2)];
    const before = model.trainableWeights.map(weight => weight.read().arraySync());
    const { history } = await model.fit(x, y, { epochs: 20, verbose: 0 });
    const losses = history.loss as number[];
    expect(losses.at(-1)!).toBeLessThan(0.7 * losses[0]!);
    for (const [i, weight] of model.trainableWeights.entries())
      expect(weight.read().arraySync(), weight.name).not.toEqual(before[i]);
    tf.dispose([x, y]);
    model.dispose();
  });

  it('refuses what its module refuses, and what the others take', () => {
    const make = (more: object) => () =>
      manifoldConnection({ layer: dense(4), rate: 2, layerIndex: 0, ...more });
    expect(make({ form: 'log' })).toThrow(`ManifoldConnection: form must be 'softmax' or 'exp', got "log"`);
    expect(make({ norm: 'rms' })).toThrow("manifoldConnection: unknown option 'norm'");
  });
});
