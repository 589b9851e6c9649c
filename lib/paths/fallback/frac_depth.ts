import * as tf from '@tensorflow/tfjs-core';
import type { OpKernels } from '../../contract/kernel.js';
import type { ResolvedOptions } from '../../contract/options.js';
import {
  fromStreams,
  mixColumns,
  toAlpha,
  toBeta,
  toBlocks,
  toCoefficientShape,
  toSegments,
  toStreams,
} from './segments.js';

/** The equations of the op. `dSomething` is the gradient of the forward value `something`. */
export const fracDepth: OpKernels = {
  forward: ({ h, y, alpha, beta }, o) =>
    tf.tidy(() => {
      const mixed = tf.matMul(mixColumns(toAlpha(alpha!, o), o), toSegments(h!, o), true);
      const written = fromStreams(tf.mul(toBeta(beta!, o), layerOutput(y!, o)), o);
      return { out: tf.add(tf.reshape(mixed, h!.shape), tf.reshape(written, h!.shape)) };
    }),

  gradient: ({ h, y, alpha, beta, dOut }, o) =>
    tf.tidy(() => {
      const { n, m } = o;
      const segments = toSegments(h!, o);
      const dSegments = toSegments(dOut!, o);
      const dWritten = toStreams(dSegments, o);
      const dMix = tf.matMul(segments, dSegments, false, true);
      const dAlpha = tf.pad(dMix, [
        [0, 0],
        [0, 0],
        [m, 0],
      ]);
      const dBeta = fromStreams(tf.sum(tf.mul(dWritten, layerOutput(y!, o)), -1, true), o);
      const dBlocks = tf.sum(tf.mul(dWritten, toBeta(beta!, o)), 1);
      return {
        h: tf.reshape(tf.matMul(mixColumns(toAlpha(alpha!, o), o), dSegments), h!.shape),
        y: tf.reshape(dBlocks, y!.shape),
        alpha: toCoefficientShape(dAlpha, alpha!),
        beta: toCoefficientShape(tf.reshape(dBeta, [-1, n]), beta!),
      };
    }),
};

/** y as `[t, 1, m, c]`, to broadcast its blocks to every stream. */
const layerOutput = (y: tf.Tensor, o: ResolvedOptions): tf.Tensor4D => tf.expandDims(toBlocks(y, o), 1);
