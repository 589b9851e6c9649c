import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect } from 'vitest';
import { Random } from '../../lib/common/random.js';

/** A seeded layer. */
export const dense = (units: number, seed = 1, args: object = {}) =>
  tfl.layers.dense({
    units,
    activation: 'tanh',
    kernelInitializer: tfl.initializers.randomNormal({ seed, stddev: 0.3 }),
    biasInitializer: tfl.initializers.randomNormal({ seed: seed + 1 }),
    ...args,
  });

/** Seeded values, the same on every backend. */
export function normal(shape: number[], seed: number): tf.Tensor {
  const random = new Random(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Array.from({ length: size }, () => random.normal()),
    shape,
  );
}

/** Builds a layer for inputs of this width. */
export const build = (layer: tfl.layers.Layer, width: number) =>
  tf.tidy(() => {
    layer.apply(tf.zeros([1, width]));
  });

/** The values that a model predicts. */
export const predict = (model: tfl.LayersModel, x: tf.Tensor) =>
  tf.tidy(() => [...(model.predict(x) as tf.Tensor).dataSync()]);

/** Saves to memory and loads again. */
export async function reload(model: tfl.LayersModel): Promise<tfl.LayersModel> {
  let saved: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async artifacts => {
      // What a file would hold: no undefined, nothing shared with the model.
      saved = { ...artifacts, modelTopology: JSON.parse(JSON.stringify(artifacts.modelTopology)) };
      return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
    }),
  );
  return tfl.loadLayersModel(tf.io.fromMemory(saved!));
}

/** Fails unless all values are within an absolute distance. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, within: number): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    expect(Math.abs(actual[i]! - expected[i]!), `value ${i}`).toBeLessThanOrEqual(within);
  }
}
