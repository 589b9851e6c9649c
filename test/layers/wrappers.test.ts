import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it, vi } from 'vitest';
import { installed } from '../../lib/layers/copies.js';
import { expandStreams, fracConnection } from '../../lib/layers/index.js';
import { dense, normal, predict, reload } from './support.js';

const l2 = (factor: number) => ({ kernelRegularizer: tfl.regularizers.l2({ l2: factor }) });
const total = (layer: tfl.layers.Layer) =>
  tf.tidy(() => layer.calculateLosses().reduce((sum, loss) => sum + loss.dataSync()[0]!, 0));
const squares = (weights: tf.Tensor[]) =>
  weights.flatMap(weight => [...weight.dataSync()]).reduce((sum, value) => sum + value ** 2, 0);

/** A layer in a model over [2, 3, 4]. */
function within(layer: tfl.layers.Layer): tfl.LayersModel {
  const input = tfl.input({ batchShape: [2, 3, 4] });
  return tfl.model({ inputs: input, outputs: layer.apply(input) as tfl.SymbolicTensor });
}

// Each is held to what tfjs's wrappers do around a layer of its own.
describe("a connection within tfjs's wrappers, and around them", () => {
  it('hands on the penalties of its layer and its own', () => {
    const inner = dense(4, 2, l2(3));
    const regularizer = tfl.regularizers.l2({ l2: 2 });
    const connection = fracConnection({ layer: inner, rate: 2, perturb: 0.3, regularizer });
    const wrapped = tfl.layers.timeDistributed({ layer: connection });
    const model = within(wrapped);
    const dynamic = connection.trainableWeights.filter(({ name }) => /dynamic|layer_norm/.test(name));
    const expected =
      3 * squares([inner.getWeights()[0]!]) + 2 * squares(dynamic.map(weight => weight.read()));
    expect(total(wrapped)).toBeCloseTo(expected, 4);
    expect(total(model)).toBeCloseTo(expected, 4);
    expect(total(wrapped)).toBeCloseTo(total(connection), 5);
    model.dispose();
  });

  it('hands on one penalty, neither none nor two', () => {
    const connection = fracConnection({ layer: dense(4, 2, l2(1)), rate: 2 });
    const model = within(tfl.layers.timeDistributed({ layer: connection }));
    expect(model.layers[1]!.losses).toHaveLength(1);
    expect(connection.calculateLosses()).toHaveLength(1);
    model.dispose();
  });

  it('hands on the penalties of a model inside', () => {
    const first = dense(4, 2, { ...l2(5), inputShape: [4] });
    const second = dense(4, 3, l2(7));
    const connection = fracConnection({ layer: tfl.sequential({ layers: [first, second] }), rate: 2 });
    const model = within(tfl.layers.timeDistributed({ layer: connection }));
    const expected = 5 * squares([first.getWeights()[0]!]) + 7 * squares([second.getWeights()[0]!]);
    expect(total(model)).toBeCloseTo(expected, 4);
    model.dispose();
  });

  it('hands on the penalties of a bidirectional layer as that itself does', () => {
    const cells = () => tfl.layers.simpleRNN({ units: 2, returnSequences: true, ...l2(1) });
    const plain = tfl.layers.bidirectional({ layer: cells() as tfl.RNN, mergeMode: 'concat' });
    const other = tfl.layers.bidirectional({ layer: cells() as tfl.RNN, mergeMode: 'concat' });
    const models = [within(plain), within(fracConnection({ layer: other, rate: 2 }))];
    expect(models[1]!.layers[1]!.losses.length).toBe(plain.losses.length);
    for (const model of models) model.dispose();
  });

  it('keeps a penalty that is added by hand', () => {
    const connection = fracConnection({ layer: dense(4), rate: 2 });
    const model = within(tfl.layers.timeDistributed({ layer: connection }));
    connection.addLoss(() => tf.scalar(2));
    expect(total(model)).toBe(2);
    model.dispose();
  });

  it('has the states of a layer inside set and reset', () => {
    const layer = tfl.layers.simpleRNN({ units: 4, stateful: true, returnSequences: true });
    const connection = fracConnection({ layer, rate: 2 });
    const model = within(connection);
    const x = normal([2, 3, 4], 1);
    const first = predict(model, x);
    expect(predict(model, x)).not.toEqual(first);
    connection.resetStates(tf.zeros([2, 4]));
    expect(predict(model, x)).toEqual(first);
    connection.resetStates();
    expect(predict(model, x)).toEqual(first);
    x.dispose();
    model.dispose();
  });

  it('freezes and thaws with the wrapper, weights in the same order', () => {
    const connection = fracConnection({ layer: dense(4), rate: 2 });
    const wrapped = tfl.layers.timeDistributed({ layer: connection });
    const model = within(wrapped);
    const count = model.trainableWeights.length;
    const values = model.getWeights().map(each => [...each.dataSync()]);
    wrapped.trainable = false;
    expect(model.trainableWeights).toHaveLength(0);
    expect(model.getWeights().map(each => [...each.dataSync()])).toEqual(values);
    wrapped.trainable = true;
    expect(model.trainableWeights).toHaveLength(count);
    model.dispose();
  });

  it('passes training to a dropout inside, through the wrapper', () => {
    const dropout = tfl.layers.dropout({ rate: 0.9, seed: 3 });
    const connection = fracConnection({ layer: dropout, rate: 2 });
    const model = within(tfl.layers.timeDistributed({ layer: connection }));
    const x = tf.ones([2, 3, 4]);
    const run = (training: boolean) =>
      tf.tidy(() => [...(model.apply(x, { training }) as tf.Tensor).dataSync()]);
    expect(run(false)).toEqual(Array(24).fill(2));
    expect(run(true)).not.toEqual(run(false));
    x.dispose();
    model.dispose();
  });

  it('saves and loads, weights by name, with every wrapper', async () => {
    const make = () => [
      tfl.layers.timeDistributed({ layer: fracConnection({ layer: dense(4), rate: 2, perturb: 0.2 }) }),
      fracConnection({ layer: tfl.layers.timeDistributed({ layer: dense(4) }), rate: 2, perturb: 0.2 }),
      fracConnection({
        layer: tfl.layers.bidirectional({
          layer: tfl.layers.gru({ units: 2, returnSequences: true }) as tfl.RNN,
          mergeMode: 'concat',
        }),
        rate: 2,
        perturb: 0.2,
      }),
    ];
    const x = normal([2, 3, 4], 1);
    for (const layer of make()) {
      const model = within(layer);
      const loaded = await reload(model);
      expect(predict(loaded, x)).toEqual(predict(model, x));
      expect(loaded.weights.map(({ name }) => name).length).toBe(
        new Set(loaded.weights.map(({ name }) => name)).size,
      );
      loaded.dispose();
      model.dispose();
    }
    x.dispose();
  });

  it('loads a layer inside whose class was given along, not registered', async () => {
    class Twice extends tfl.layers.Layer {
      static className = 'TwiceForThisTest';
      override call(inputs: tf.Tensor | tf.Tensor[]) {
        return tf.mul([inputs].flat()[0]!, 2);
      }
    }
    const model = within(fracConnection({ layer: new Twice({}), rate: 2 }));
    const topology = JSON.parse(model.toJSON(null, true) as string);
    const custom = { TwiceForThisTest: [Twice, (cls: typeof Twice, config: object) => new cls(config)] };
    const modelFromJSON = (await import('@tensorflow/tfjs-layers')).models.modelFromJSON;
    const loaded = await modelFromJSON({ modelTopology: topology } as never, custom as never);
    const x = normal([2, 3, 4], 1);
    expect(predict(loaded as tfl.LayersModel, x)).toEqual(predict(model, x));
    x.dispose();
    model.dispose();
    loaded.dispose();
  });
});

describe('another copy of tfjs-layers', () => {
  const rule = (what: string) =>
    new RegExp(
      `${what} is of another copy of @tensorflow/tfjs-layers than .*; type npm dedupe, so that one is left`,
    );

  it('is told of by name, for the layer inside and for the input', async () => {
    const { createRequire } = await import('node:module');
    const require = createRequire(import.meta.url);
    const id = require.resolve('@tensorflow/tfjs-layers');
    const own = require.cache[id];
    const { classNameMap } = tf.serialization.SerializationMap.getMap();
    const registered = { ...classNameMap };
    delete require.cache[id];
    const second = require('@tensorflow/tfjs-layers') as typeof tfl;
    if (own) require.cache[id] = own;
    Object.assign(classNameMap, registered); // the second copy has registered its classes over the first's
    expect(second.layers.Layer).not.toBe(tfl.layers.Layer);
    expect(() => fracConnection({ layer: second.layers.dense({ units: 4 }) as never, rate: 2 })).toThrow(
      rule('layer'),
    );
    const input = second.input({ shape: [4] });
    expect(() => fracConnection({ layer: dense(4), rate: 2 }).apply(input as never)).toThrow(
      rule('the input'),
    );
    expect(() => expandStreams({ n: 2 }).apply(input as never)).toThrow(rule('the input'));
    const list = vi.spyOn(installed, 'list').mockReturnValue(['/a/tfjs-layers', '/b/tfjs-layers']);
    expect(() => expandStreams({ n: 2 }).apply(input as never)).toThrow(
      'uses: /a/tfjs-layers and /b/tfjs-layers; type',
    );
    list.mockRestore();
    expect(installed.list()[0]).toMatch(/tfjs-layers$/);
  });
});
