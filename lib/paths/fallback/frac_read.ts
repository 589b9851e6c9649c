import * as tf from '@tensorflow/tfjs-core';
import type { Named, OpKernels } from '../../contract/kernel.js';
import type { ResolvedOptions } from '../../contract/options.js';
import { type Normed, rmsHat, rmsHatGradient } from './norm.js';
import { leadOf, readColumns, toAlpha, toBlocks, toCoefficientShape, toSegments } from './segments.js';

/** The intermediate values of reading. The gradient computes them again instead of keeping them in memory. */
interface Reading {
  /** Y, `[t or 1, n, m]`. */
  read: tf.Tensor3D;
  /** The layer's input before its pre-norm, `[t, m, c]`. */
  blocks: tf.Tensor3D;
  /** The pre-norm of `blocks`, reshaped to `[t, d]`; undefined without a pre-norm. */
  normed: Normed | undefined;
}

/** Reads the blocks of the layer's input: `Y^T H`. `segments` is `[t, n, c]`. */
export function readBlocks(
  segments: tf.Tensor3D,
  alpha: tf.Tensor,
  gamma: tf.Tensor | undefined,
  o: ResolvedOptions,
): Reading {
  const read = readColumns(toAlpha(alpha, o), o);
  const blocks = tf.matMul<tf.Tensor3D>(read, segments, true);
  const rows = tf.reshape(blocks, [blocks.shape[0], o.dim]) as tf.Tensor2D;
  return { read, blocks, normed: gamma === undefined ? undefined : rmsHat(rows, o.prenormEpsilon) };
}

/** The layer's input, `[..., d]`. */
export function layerInput(
  { blocks, normed }: Reading,
  gamma: tf.Tensor | undefined,
  shape: number[],
): tf.Tensor {
  return tf.reshape(normed === undefined ? blocks : tf.mul(normed.hat, gamma!), shape);
}

/**
 * The backward pass of reading. Adds the gain's gradient to `gradients`.
 *
 * @returns `segments` `[t, n, c]`: the gradient of the hidden state; `alpha` `[t, n, k]`: that of a token's own alpha, whose columns
 *   A are 0
 */
export function readGradients(
  segments: tf.Tensor3D,
  { read, normed }: Reading,
  w: Named,
  dX: tf.Tensor,
  gradients: Named,
  o: ResolvedOptions,
): { segments: tf.Tensor; alpha: tf.Tensor } {
  const dBlocks = throughPrenorm(normed, w, toBlocks(dX, o), gradients, o);
  const alpha = tf.pad(tf.matMul(segments, dBlocks, false, true), [
    [0, 0],
    [0, 0],
    [0, o.n],
  ]);
  return { segments: tf.matMul(read, dBlocks), alpha };
}

function throughPrenorm(
  normed: Normed | undefined,
  w: Named,
  dX: tf.Tensor3D,
  gradients: Named,
  o: ResolvedOptions,
): tf.Tensor3D {
  if (normed === undefined) return dX;
  const rows = tf.reshape(dX, [-1, o.dim]) as tf.Tensor2D;
  gradients.prenormGamma = tf.sum(tf.mul(rows, normed.hat), 0);
  return tf.reshape(rmsHatGradient(normed, tf.mul(rows, w.prenormGamma!)), dX.shape);
}

/** The equations of the op. `dSomething` is the gradient of the forward value `something`. */
export const fracRead: OpKernels = {
  forward: ({ h, alpha, prenormGamma }, o) =>
    tf.tidy(() => {
      const reading = readBlocks(toSegments(h!, o), alpha!, prenormGamma, o);
      return { x: layerInput(reading, prenormGamma, [...leadOf(h!), o.dim]) };
    }),

  gradient: ({ h, alpha, dX, dState, ...w }, o) =>
    tf.tidy(() => {
      const segments = toSegments(h!, o);
      const gradients: Named = {};
      const reading = readBlocks(segments, alpha!, w.prenormGamma, o);
      const d = readGradients(segments, reading, w, dX!, gradients, o);
      const dH = tf.reshape(d.segments, h!.shape);
      gradients.h = dState === undefined ? dH : tf.add(dH, dState);
      gradients.alpha = toCoefficientShape(d.alpha, alpha!);
      return gradients;
    }),
};
