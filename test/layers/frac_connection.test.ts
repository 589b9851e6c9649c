import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { countParameters } from '../../lib/connections/count.js';
import { FracConnection } from '../../lib/connections/frac_connection.js';
import { fracConnection } from '../../lib/layers/index.js';
import { build, dense, expectClose, normal, predict } from './support.js';

describe('fracConnection', () => {
  it.each([1, 2, 3, 4, 6, 8])('starts as tf.layers.add of the layer and its input, rate %i', rate => {
    const input = tfl.input({ shape: [5, 24] });
    const [wrapped, plain] = [dense(24, 7), dense(24, 7)];
    const frac = fracConnection({ layer: wrapped, rate }).apply(input) as tfl.SymbolicTensor;
    const sum = tfl.layers
      .add()
      .apply([input, plain.apply(input) as tfl.SymbolicTensor]) as tfl.SymbolicTensor;
    expect(frac.shape).toEqual([null, 5, 24]);
    const x = normal([2, 5, 24], 3);
    const [a, b] = [tfl.model({ inputs: input, outputs: frac }), tfl.model({ inputs: input, outputs: sum })];
    expectClose(predict(a, x), predict(b, x), 2e-6);
    expect(predict(b, x)).not.toEqual([...x.dataSync()]);
    x.dispose();
    a.dispose();
    b.dispose();
  });

  it.each([
    {},
    { dynamic: false },
    { norm: 'layer', prenorm: true },
    { dynamicBeta: false, scale: false },
    { mixing: 'identity' },
    { enabled: false },
    { enabled: false, prenorm: true },
  ] as const)('computes what the module computes, with %o', flags => {
    const options = { rate: 2, perturb: 0.3, seed: 5, ...flags };
    const inner = dense(12, 4);
    const layer = fracConnection({ layer: inner, ...options });
    const module = new FracConnection({ dim: 12, ...options });
    const h = normal([3, 4, 12], 8);
    const got = layer.apply(h) as tf.Tensor;
    expectClose(got.dataSync(), module.apply(h, x => inner.apply(x) as tf.Tensor).dataSync(), 0);
    const names = layer.weights.map(weight => weight.originalName);
    expect(names).toEqual([
      ...Object.values(module.weights).flatMap(w => {
        const learned = Object.entries(module.stateDict()).find(([, value]) => value === w);
        return learned ? [`${layer.name}/${learned[0]}`] : []; // the residual's coefficients are 1
      }),
      `${layer.name}/${inner.name}/kernel`,
      `${layer.name}/${inner.name}/bias`,
    ]);
    tf.dispose([h, got]);
    module.dispose();
    layer.dispose();
  });

  it('trains: connection and layer both learn, and the loss falls', async () => {
    const model = tfl.sequential();
    model.add(dense(8, 1, { inputShape: [6] }));
    model.add(fracConnection({ layer: dense(8, 3), rate: 4, perturb: 0.02 }));
    model.add(fracConnection({ layer: dense(8, 5), rate: 2, prenorm: true, perturb: 0.02 }));
    model.add(tfl.layers.dense({ units: 2 }));
    model.compile({ optimizer: tf.train.adam(0.02), loss: 'meanSquaredError' });
    const before = model.getWeights().map(weight => weight.dataSync().slice());
    const x = normal([32, 6], 1);
    const y = normal([32, 2], 2);
    const { history } = await model.fit(x, y, { epochs: 12, batchSize: 16, verbose: 0, shuffle: false });
    const losses = history.loss as number[];
    expect(losses.at(-1)!).toBeLessThan(0.8 * losses[0]!);
    model.getWeights().forEach((weight, i) => {
      expect(weight.dataSync(), model.weights[i]!.originalName).not.toEqual(before[i]);
    });
    const leaked = tf.memory().numTensors;
    await model.fit(x, y, { epochs: 2, batchSize: 16, verbose: 0 });
    predict(model, x);
    expect(tf.memory().numTensors).toBe(leaked);
    tf.dispose([x, y]);
    model.dispose();
  });

  it('has the gradient of the module for every weight', () => {
    const options = { rate: 2, norm: 'layer', prenorm: true, perturb: 0.3, seed: 2 } as const;
    const inner = dense(6, 4);
    const layer = fracConnection({ layer: inner, ...options });
    const module = new FracConnection({ dim: 6, ...options });
    const h = normal([5, 6], 8);
    const loss = (out: tf.Tensor) => tf.sum(tf.square(out)) as tf.Scalar;
    build(layer, 6);
    const ours = layer.trainableWeights.slice(0, 9).map(weight => weight.read() as tf.Variable);
    const a = tf.variableGrads(() => loss(layer.apply(h) as tf.Tensor), ours);
    const theirs = Object.values(module.weights);
    const b = tf.variableGrads(() => loss(module.apply(h, x => inner.apply(x) as tf.Tensor)), theirs);
    ours.forEach((weight, i) => {
      const expected = b.grads[theirs[i]!.name]!.dataSync();
      expect(
        expected.some(value => value !== 0),
        weight.name,
      ).toBe(true);
      expectClose(a.grads[weight.name]!.dataSync(), expected, 0);
    });
    tf.dispose([h, a, b]);
    module.dispose();
    layer.dispose();
  });

  it('passes training to the layer inside', () => {
    const layer = fracConnection({ layer: tfl.layers.dropout({ rate: 0.5, seed: 3 }), rate: 2 });
    const h = tf.ones([4, 8]);
    const still = layer.apply(h) as tf.Tensor;
    const training = layer.apply(h, { training: true }) as tf.Tensor;
    expectClose(still.dataSync(), new Float32Array(32).fill(2), 1e-6);
    const values = [...training.dataSync()].map(Math.round);
    expect([...new Set(values)].sort()).toEqual([1, 3]);
    tf.dispose([h, still, training]);
    layer.dispose();
  });

  it('gives the mask to the layer inside and lets it through', () => {
    const masks: unknown[] = [];
    class Spy extends tfl.layers.Layer {
      static readonly className = 'MaskSpy';
      override call(inputs: tf.Tensor[], kwargs: { mask?: tf.Tensor }): tf.Tensor {
        masks.push(kwargs.mask && [...kwargs.mask.dataSync()]);
        return tf.mul(Array.isArray(inputs) ? inputs[0]! : inputs, 1);
      }
    }
    const model = tfl.sequential();
    model.add(tfl.layers.embedding({ inputDim: 5, outputDim: 4, maskZero: true, inputLength: 3 }));
    model.add(fracConnection({ layer: new Spy({}), rate: 2 }));
    model.add(fracConnection({ layer: new Spy({}), rate: 2 }));
    for (const layer of model.layers.slice(1)) {
      const mask = tf.tensor1d([1, 0], 'bool');
      expect(layer.supportsMasking).toBe(true); // else tfjs does not ask for a mask
      expect(layer.computeMask(mask, mask)).toBe(mask);
      mask.dispose();
    }
    const x = tf.tensor2d([[1, 2, 0]]);
    predict(model, x);
    expect(masks).toEqual([
      [1, 1, 0],
      [1, 1, 0],
    ]);
    x.dispose();
    model.dispose();
  });

  it('penalises dynamic weights only, and keeps the penalties of the layer inside', () => {
    const options = { rate: 2, perturb: 0.3, seed: 5, prenorm: true } as const;
    const sum = (weights: tf.Tensor[]) =>
      weights.flatMap(w => [...w.dataSync()]).reduce((total, value) => total + value ** 2, 0);
    const inner = dense(8, 2, { kernelRegularizer: tfl.regularizers.l2({ l2: 10 }) });
    const layer = fracConnection({ layer: inner, regularizer: tfl.regularizers.l2({ l2: 0.5 }), ...options });
    build(layer, 8);
    const module = new FracConnection({ dim: 8, ...options });
    const losses = layer.calculateLosses().map(loss => loss.dataSync()[0]!);
    expect(losses).toHaveLength(module.dynamicWeights.length + 1);
    const expected = 0.5 * sum(module.dynamicWeights) + 10 * sum([inner.getWeights()[0]!]);
    expect(losses.reduce((a, b) => a + b)).toBeCloseTo(expected, 3);

    const none = fracConnection({ layer: dense(8), ...options });
    build(none, 8);
    expect(none.calculateLosses()).toEqual([]);
    module.dispose();
    none.dispose();
    layer.dispose();
  });

  it('adds the penalty to the loss of a model', () => {
    const loss = (regularizer?: object) => {
      const layer = fracConnection({
        layer: dense(4, 2),
        rate: 2,
        perturb: 0.2,
        regularizer: regularizer as never,
        inputShape: [4],
      });
      const model = tfl.sequential({ layers: [layer] });
      model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      const penalties = layer.calculateLosses().map(each => each.dataSync()[0]!);
      return { model, penalty: penalties.reduce((a, b) => a + b, 0) };
    };
    const { model, penalty } = loss({ className: 'L1L2', config: { l1: 0, l2: 3 } });
    const plain = loss();
    const [x, y] = [normal([6, 4], 1), normal([6, 4], 2)];
    expect(penalty).toBeGreaterThan(0.1);
    return Promise.all([model.trainOnBatch(x, y), plain.model.trainOnBatch(x, y)]).then(([a, b]) => {
      expect((a as number) - (b as number)).toBeCloseTo(penalty, 4);
      tf.dispose([x, y]);
      model.dispose();
      plain.model.dispose();
    });
  });

  it('freezes with all that is inside, and thaws', () => {
    const layer = fracConnection({ layer: dense(4), rate: 2, inputShape: [4] });
    const model = tfl.sequential({ layers: [layer, dense(1)] });
    const all = layer.weights.length;
    expect(layer.trainableWeights).toHaveLength(all);
    layer.trainable = false;
    expect([layer.trainableWeights.length, layer.nonTrainableWeights.length]).toEqual([0, all]);
    expect(model.trainableWeights).toHaveLength(2);
    expect(layer.layer.trainable).toBe(false);
    layer.trainable = true;
    expect(layer.trainableWeights).toHaveLength(all);
    model.dispose();

    const frozenInside = fracConnection({ layer: dense(4, 1, { trainable: false }), rate: 2 });
    build(frozenInside, 4);
    expect(frozenInside.trainableWeights).toHaveLength(all - 2);
    expect(frozenInside.weights).toHaveLength(all);
    frozenInside.dispose();

    const frozen = fracConnection({ layer: dense(4), rate: 2, trainable: false });
    build(frozen, 4);
    expect(frozen.trainableWeights).toEqual([]);
    expect(frozen.weights).toHaveLength(all);
    frozen.dispose();
  });

  it('is not changed by fit when frozen', async () => {
    const layer = fracConnection({ layer: dense(4), rate: 2, inputShape: [4], trainable: false });
    const model = tfl.sequential({ layers: [layer, dense(1)] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const values = () => layer.getWeights().map(weight => [...weight.dataSync()]);
    const before = values();
    const [x, y] = [normal([6, 4], 1), normal([6, 1], 2)];
    const last = [...model.layers[1]!.getWeights()[0]!.dataSync()];
    await model.fit(x, y, { epochs: 1, verbose: 0 });
    expect(values()).toEqual(before);
    expect([...model.layers[1]!.getWeights()[0]!.dataSync()]).not.toEqual(last);
    tf.dispose([x, y]);
    model.dispose();
  });

  it('shows its shape and its number of weights in a summary', () => {
    const model = tfl.sequential();
    model.add(fracConnection({ layer: dense(32), rate: 4, inputShape: [7, 32], name: 'block' }));
    const lines: string[] = [];
    model.summary(undefined, undefined, line => lines.push(line));
    const params = countParameters({ dim: 32, fractions: 4 }).total + 32 * 32 + 32;
    expect(lines.find(line => line.startsWith('block'))).toMatch(
      new RegExp(`FracConnection.*\\[null,7,32\\] +${params}`),
    );
    expect(lines).toContain(`Trainable params: ${params}`);
    model.dispose();
  });

  it('frees everything', () => {
    const before = tf.memory().numTensors;
    const inner = tfl.sequential({ layers: [dense(8, 1, { inputShape: [4] }), dense(4)] });
    const layer = fracConnection({ layer: inner, rate: 2, inputShape: [4] });
    const model = tfl.sequential({ layers: [layer, fracConnection({ layer: dense(4), rate: 4 })] });
    expect(tf.memory().numTensors).toBeGreaterThan(before);
    const { numDisposedVariables } = model.dispose();
    expect(numDisposedVariables).toBe(7 + 4 + 7 + 2);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('works around convolutions, with their moving averages, on rank 4', async () => {
    const block = tfl.sequential();
    block.add(tfl.layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', inputShape: [5, 5, 4] }));
    block.add(tfl.layers.batchNormalization());
    const layer = fracConnection({ layer: block, rate: 4, inputShape: [5, 5, 4] });
    const model = tfl.sequential({ layers: [layer] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const [x, y] = [normal([3, 5, 5, 4], 1), normal([3, 5, 5, 4], 2)];
    const averages = () => layer.nonTrainableWeights.map(weight => [...weight.read().dataSync()]);
    const [before, loss] = [averages(), await model.trainOnBatch(x, y)];
    expect(before).toHaveLength(2);
    expect(await model.trainOnBatch(x, y)).toBeLessThan(loss as number);
    averages().forEach((average, i) => {
      expect(average).not.toEqual(before[i]);
    });
    tf.dispose([x, y]);
    model.dispose();
  });

  it('works around a stateful layer', () => {
    const lstm = tfl.layers.simpleRNN({ units: 4, stateful: true, returnSequences: true });
    const model = tfl.sequential();
    model.add(fracConnection({ layer: lstm, rate: 2, batchInputShape: [2, 3, 4] }));
    expect(model.stateful).toBe(true);
    const x = normal([2, 3, 4], 1);
    const first = predict(model, x);
    expect(predict(model, x)).not.toEqual(first);
    model.resetStates();
    expect(predict(model, x)).toEqual(first);
    x.dispose();
    model.dispose();
  });
});
