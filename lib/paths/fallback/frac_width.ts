import * as tf from '@tensorflow/tfjs-core';
import type { Named, OpKernels } from '../../contract/kernel.js';
import type { ResolvedOptions } from '../../contract/options.js';
import { coefficient, coefficientGradients, dynamicParts } from './coefficients.js';
import { layerInput, readBlocks, readGradients } from './frac_read.js';
import { leadOf, toAlpha, toSegments } from './segments.js';

/** The intermediate values of the forward pass. The gradient computes them again instead of keeping them in memory. */
function run(segments: tf.Tensor3D, lead: number[], w: Named, o: ResolvedOptions) {
  const { n, m } = o;
  const dynamic = dynamicParts(segments, w, o);
  const alpha = coefficient('Alpha', dynamic, w, [...lead, n, m + n]);
  const beta = coefficient('Beta', dynamic, w, [...lead, n]);
  return { dynamic, alpha, beta, reading: readBlocks(segments, alpha, w.prenormGamma, o) };
}

/** The equations of the op. `dSomething` is the gradient of the forward value `something`. */
export const fracWidth: OpKernels = {
  forward: (inputs, o) =>
    tf.tidy(() => {
      const { h, ...w } = inputs;
      const lead = leadOf(h!);
      const { alpha, beta, reading } = run(toSegments(h!, o), lead, w, o);
      return { x: layerInput(reading, w.prenormGamma, [...lead, o.dim]), alpha, beta };
    }),

  gradient: (inputs, o) =>
    tf.tidy(() => {
      const { h, dX, dAlpha, dBeta, dState, ...w } = inputs;
      const segments = toSegments(h!, o);
      const { dynamic, reading } = run(segments, leadOf(h!), w, o);
      const gradients: Named = {};
      const dRead = readGradients(segments, reading, w, dX!, gradients, o);
      const { segments: dThrough, ...dWeights } = coefficientGradients(
        dynamic,
        w,
        alphaGradient(dRead.alpha, dAlpha!, o),
        o.dynamicBeta ? tf.reshape(dBeta!, [-1, o.n]) : dBeta!,
        o,
      );
      const dSegments = dThrough === undefined ? dRead.segments : tf.add(dRead.segments, dThrough);
      const dH = tf.reshape(dSegments, h!.shape);
      return { ...gradients, ...dWeights, h: dState === undefined ? dH : tf.add(dH, dState) };
    }),
};

/** The gradient of alpha: `dAlpha`, plus `dRead` `[t, n, k]` from x. `[t, n, k]`, or `[n, k]` if alpha is static. */
function alphaGradient(dRead: tf.Tensor, dAlpha: tf.Tensor, o: ResolvedOptions): tf.Tensor {
  const total = tf.add(o.dynamicAlpha ? dRead : tf.sum(dRead, 0, true), toAlpha(dAlpha, o));
  return o.dynamicAlpha ? total : tf.reshape(total, [o.n, o.m + o.n]);
}
