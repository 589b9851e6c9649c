import * as tf from '@tensorflow/tfjs-core';
import type { Named, OpKernels } from '../../contract/kernel.js';
import type { ResolvedOptions } from '../../contract/options.js';
import { coefficient, coefficientGradients, type Dynamic, dynamicParts } from './coefficients.js';
import { type Normed, rmsHat, rmsHatGradient } from './norm.js';
import { leadOf, readColumns, toAlpha, toBlocks, toSegments } from './segments.js';

/** The intermediate values of the forward pass. The gradient computes them again instead of keeping them in memory. */
interface Forward {
  dynamic: Dynamic | undefined;
  alpha: tf.Tensor;
  beta: tf.Tensor;
  /** Y, `[t or 1, n, m]`. */
  read: tf.Tensor3D;
  /** The layer's input before its pre-norm, `[t, m, c]`. */
  blocks: tf.Tensor3D;
  /** The pre-norm of `blocks`, reshaped to `[t, d]`; undefined without a pre-norm. */
  normed: Normed | undefined;
}

function run(segments: tf.Tensor3D, lead: number[], w: Named, o: ResolvedOptions): Forward {
  const { n, m } = o;
  const dynamic = dynamicParts(segments, w, o);
  const alpha = coefficient('Alpha', dynamic, w, [...lead, n, m + n]);
  const beta = coefficient('Beta', dynamic, w, [...lead, n]);
  const read = readColumns(toAlpha(alpha, o), o);
  const blocks = tf.matMul<tf.Tensor3D>(read, segments, true);
  const normed = w.prenormGamma === undefined ? undefined : prenorm(blocks, o);
  return { dynamic, alpha, beta, read, blocks, normed };
}

const prenorm = (blocks: tf.Tensor3D, o: ResolvedOptions): Normed =>
  rmsHat(tf.reshape(blocks, [blocks.shape[0], o.dim]), o.prenormEpsilon);

/** The equations of the op. `dSomething` is the gradient of the forward value `something`. */
export const fracWidth: OpKernels = {
  forward: (inputs, o) =>
    tf.tidy(() => {
      const { h, ...w } = inputs;
      const lead = leadOf(h!);
      const { alpha, beta, blocks, normed } = run(toSegments(h!, o), lead, w, o);
      const x = normed === undefined ? blocks : tf.mul(normed.hat, w.prenormGamma!);
      return { x: tf.reshape(x, [...lead, o.dim]), alpha, beta };
    }),

  gradient: (inputs, o) =>
    tf.tidy(() => {
      const { h, dX, dAlpha, dBeta, dState, ...w } = inputs;
      const segments = toSegments(h!, o);
      const forward = run(segments, leadOf(h!), w, o);
      const gradients: Named = {};
      const dBlocks = throughPrenorm(forward.normed, w, toBlocks(dX!, o), gradients, o);
      const dReadAlpha = alphaGradient(segments, dBlocks, dAlpha!, o);
      const dBetaTokens = o.dynamicBeta ? tf.reshape(dBeta!, [-1, o.n]) : dBeta!;
      const { segments: dThrough, ...dWeights } = coefficientGradients(
        forward.dynamic,
        w,
        dReadAlpha,
        dBetaTokens,
        o,
      );
      const dRead = tf.matMul(forward.read, dBlocks);
      const dSegments = dThrough === undefined ? dRead : tf.add(dRead, dThrough);
      const dH = tf.reshape(dSegments, h!.shape);
      return { ...gradients, ...dWeights, h: dState === undefined ? dH : tf.add(dH, dState) };
    }),
};

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

/** The gradient of alpha: `dAlpha`, plus the part from x in columns Y. `[t, n, k]`, or `[n, k]` if alpha is static. */
function alphaGradient(
  segments: tf.Tensor3D,
  dBlocks: tf.Tensor3D,
  dAlpha: tf.Tensor,
  o: ResolvedOptions,
): tf.Tensor {
  const { n, m } = o;
  const perToken = tf.matMul(segments, dBlocks, false, true);
  const dRead = o.dynamicAlpha ? perToken : tf.sum(perToken, 0, true);
  const padded = tf.pad(dRead, [
    [0, 0],
    [0, 0],
    [0, n],
  ]);
  const total = tf.add(padded, toAlpha(dAlpha, o));
  return o.dynamicAlpha ? total : tf.reshape(total, [n, m + n]);
}
