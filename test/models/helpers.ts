import * as tf from '@tensorflow/tfjs-core';
import { Random } from '../../lib/common/random.js';
import { LanguageModel } from '../../lib/models/language_model.js';
import type { LanguageModelOptions } from '../../lib/models/options.js';

/** A model small enough for finite differences; weights large enough that nothing is near zero. */
export const TINY: LanguageModelOptions = {
  vocabSize: 11,
  dim: 16,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  ffnDim: 12,
  context: 6,
  initStd: 0.3,
  seed: 3,
};

export const tiny = (options: Partial<LanguageModelOptions> = {}) =>
  new LanguageModel({ ...TINY, ...options });

/** Adds seeded noise to every weight, so that no gain is 1 and no dynamic weight 0. */
export function perturb(model: LanguageModel, size = 0.1, seed = 5): LanguageModel {
  const random = new Random(seed);
  for (const weight of Object.values(model.weights)) {
    const values = weight.dataSync().map(value => value + size * random.normal());
    tf.tidy(() => weight.assign(tf.tensor(values, weight.shape)));
  }
  return model;
}

export function randomTokens(batch: number, time: number, vocab = TINY.vocabSize, seed = 1): tf.Tensor2D {
  const random = new Random(seed);
  const values = Int32Array.from({ length: batch * time }, () => random.int(vocab));
  return tf.tensor2d(values, [batch, time], 'int32');
}

export function normal(shape: number[], seed = 1, size = 1): tf.Tensor {
  const random = new Random(seed);
  const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => size * random.normal());
  return tf.tensor(values, shape);
}

/** The largest difference of two tensors, relative to the larger's largest value. */
export function distance(a: tf.Tensor, b: tf.Tensor): number {
  const [x, y] = [a.dataSync(), b.dataSync()];
  let most = 0;
  let size = 1e-30;
  for (let i = 0; i < x.length; i++) {
    most = Math.max(most, Math.abs(x[i]! - y[i]!));
    size = Math.max(size, Math.abs(x[i]!), Math.abs(y[i]!));
  }
  return x.length === y.length ? most / size : Number.POSITIVE_INFINITY;
}
