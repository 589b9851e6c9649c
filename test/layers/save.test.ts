import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import {
  expandStreams,
  fracConnection,
  hyperConnection,
  manifoldConnection,
  reduceStreams,
} from '../../lib/layers/index.js';
import { dense, normal, predict, reload } from './support.js';

/** A model of everything: nested models, two kinds of connection, a connection inside another. */
function everything(): tfl.LayersModel {
  const input = tfl.input({ shape: [3, 8] });
  const sequential = tfl.sequential({ layers: [dense(16, 1, { inputShape: [3, 8] }), dense(8, 3)] });
  const own = tfl.input({ shape: [3, 8] });
  const functional = tfl.model({
    inputs: own,
    outputs: tfl.layers
      .multiply()
      .apply([own, dense(8, 5).apply(own) as tfl.SymbolicTensor]) as tfl.SymbolicTensor,
  });
  const flags = { perturb: 0.2, prenorm: true };
  const layers = [
    fracConnection({
      layer: sequential,
      rate: 4,
      seed: 1,
      ...flags,
      regularizer: tfl.regularizers.l2({ l2: 0.25 }),
    }),
    fracConnection({
      layer: functional,
      rate: 2,
      seed: 2,
      norm: 'layer',
      epsilon: 1e-3,
      tanh: false,
      ...flags,
    }),
    fracConnection({ layer: fracConnection({ layer: dense(8, 9), rate: 8, seed: 3, ...flags }), rate: 1 }),
    expandStreams({ n: 2 }),
    manifoldConnection({ layer: dense(8, 15), rate: 2, layerIndex: 1, seed: 5, iterations: 7, ...flags }),
    hyperConnection({ layer: dense(8, 11), rate: 2, layerIndex: 1, seed: 4, dynamicAlpha: false, ...flags }),
    reduceStreams({ n: 2, reduction: 'mean' }),
    fracConnection({ layer: dense(8, 12), rate: 2, dynamic: false, scale: false, trainable: false }),
    fracConnection({ layer: dense(8, 13), rate: 2, mixing: 'identity', seed: 6, ...flags }),
    fracConnection({ layer: dense(8, 14), rate: 2, enabled: false, ...flags }),
  ];
  const output = layers.reduce<tfl.SymbolicTensor>((x, layer) => layer.apply(x) as tfl.SymbolicTensor, input);
  return tfl.model({ inputs: input, outputs: output });
}

describe('save and loadLayersModel', () => {
  it('restore predictions, weights by name, configuration and penalties exactly', async () => {
    const model = everything();
    const numTensors = tf.memory().numTensors;
    const loaded = await reload(model);
    const x = normal([2, 3, 8], 1);
    expect(predict(loaded, x)).toEqual(predict(model, x));
    expect(loaded.weights.map(weight => weight.originalName)).toEqual(
      model.weights.map(weight => weight.originalName),
    );
    expect(loaded.toJSON(null, false)).toEqual(model.toJSON(null, false));
    const penalties = (each: tfl.LayersModel) =>
      tf.tidy(() => each.calculateLosses().map(loss => loss.dataSync()[0]));
    expect(penalties(loaded)).toEqual(penalties(model));
    expect(penalties(loaded)).toHaveLength(5);
    expect(loaded.trainableWeights).toHaveLength(model.trainableWeights.length);
    x.dispose();
    expect(loaded.dispose().numDisposedVariables).toBe(loaded.weights.length);
    expect(tf.memory().numTensors).toBe(numTensors);
    model.dispose();
  });

  it('go on training', async () => {
    const model = everything();
    const loaded = await reload(model);
    const [x, y] = [normal([4, 3, 8], 1), normal([4, 3, 8], 2)];
    const train = (each: tfl.LayersModel) => {
      each.compile({ optimizer: tf.train.sgd(0.01), loss: 'meanSquaredError' });
      return each.fit(x, y, { epochs: 2, verbose: 0, shuffle: false });
    };
    expect((await train(loaded)).history.loss).toEqual((await train(model)).history.loss);
    tf.dispose([x, y]);
    model.dispose();
    loaded.dispose();
  });

  it.skipIf(process.env.TEST_BACKEND !== 'tensorflow')('work with file:// (tfjs-node)', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'layers-'));
    const model = everything();
    await model.save(pathToFileURL(folder).href);
    const loaded = await tfl.loadLayersModel(`${pathToFileURL(folder).href}/model.json`);
    const x = normal([2, 3, 8], 1);
    expect(predict(loaded, x)).toEqual(predict(model, x));
    rmSync(folder, { recursive: true });
    x.dispose();
    model.dispose();
    loaded.dispose();
  });
});
