import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { HyperConnection } from '../../lib/connections/hyper_connection.js';
import { expandStreams, hyperConnection, reduceStreams } from '../../lib/layers/index.js';
import { dense, expectClose, normal, predict } from './support.js';

describe('hyperConnection', () => {
  it('starts, between expandStreams and reduceStreams, as n times the residual network', () => {
    const n = 3;
    const input = tfl.input({ shape: [6] });
    let hyper = expandStreams({ n }).apply(input) as tfl.SymbolicTensor;
    let plain: tfl.SymbolicTensor = input;
    for (let layerIndex = 0; layerIndex < 4; layerIndex++) {
      hyper = hyperConnection({ layer: dense(6, layerIndex + 1), rate: n, layerIndex }).apply(hyper) as never;
      const y = dense(6, layerIndex + 1).apply(plain) as tfl.SymbolicTensor;
      plain = tfl.layers.add().apply([plain, y]) as tfl.SymbolicTensor;
    }
    expect(hyper.shape).toEqual([null, 18]);
    const out = reduceStreams({ n }).apply(hyper) as tfl.SymbolicTensor;
    expect(out.shape).toEqual([null, 6]);
    const [a, b] = [out, plain].map(outputs => tfl.model({ inputs: input, outputs }));
    const x = normal([4, 6], 5);
    expectClose(
      predict(a!, x),
      predict(b!, x).map(value => n * value),
      2e-5,
    );
    x.dispose();
    a!.dispose();
    b!.dispose();
  });

  it('is the residual network where it is off, without streams; its configuration says so', () => {
    const input = tfl.input({ shape: [6] });
    const off = { rate: 3, layerIndex: 1, enabled: false, prenorm: true };
    const [wrapped, plain] = [dense(6, 1), dense(6, 1)];
    const out = hyperConnection({ layer: wrapped, ...off }).apply(input) as tfl.SymbolicTensor;
    expect(out.shape).toEqual([null, 6]);
    const model = tfl.model({ inputs: input, outputs: out });
    expect(model.layers[1]!.weights).toHaveLength(3); // the gain, and the layer's own
    const x = normal([4, 6], 5);
    const want = tf.tidy(() => {
      const normed = tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-5)));
      return [...tf.add(x, plain.apply(normed) as tf.Tensor).dataSync()];
    });
    expectClose(predict(model, x), want, 2e-6);
    const config = model.layers[1]!.getConfig();
    expect(config).toMatchObject({ enabled: false, rate: 3 });
    x.dispose();
    model.dispose();
    plain.dispose();
  });

  it('computes what the module computes', () => {
    const options = { rate: 2, layerIndex: 3, perturb: 0.3, seed: 5 };
    const inner = dense(6, 4);
    const layer = hyperConnection({ layer: inner, ...options });
    const module = new HyperConnection({ dim: 6, ...options });
    const h = normal([3, 12], 8);
    const out = layer.apply(h) as tf.Tensor;
    expectClose(out.dataSync(), module.apply(h, x => inner.apply(x) as tf.Tensor).dataSync(), 0);
    tf.dispose([h, out]);
    module.dispose();
    layer.dispose();
  });
});
