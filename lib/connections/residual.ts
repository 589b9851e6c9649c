// What a connection with `enabled: false` is: one stream, one fraction, and coefficients that stay 1. Kernels compute it like any
// other connection, with the addition and the norm in one. Where there are none, multiplying by 1 would cost a pass over the
// state each, so the ops below leave it out. The gradients are written out, because tfjs-core alone has none for its ops.
import * as tf from '@tensorflow/tfjs-core';
import { checkTensor } from '../contract/check_tensor.js';
import type { ConnectionOptions } from '../contract/options.js';
import type { ConnectionWeights } from '../contract/weights.js';
import type { WidthResult } from '../ops/frac_width.js';
import { composedNorm } from './rms_norm.js';

/** The options that make a connection the residual one. */
export const RESIDUAL = { streams: 1, fractions: 1, dynamicAlpha: false, dynamicBeta: false } as const;

type Options = Required<ConnectionOptions>;

/** {@link fracWidth} with coefficients 1: the layer's input is h, or its RMSNorm. */
export function residualWidth<R extends tf.Rank>(
  h: tf.Tensor<R>,
  { staticAlpha, staticBeta, prenormGamma }: ConnectionWeights,
  { dim, prenormEpsilon }: Options,
): WidthResult<R> {
  checkTensor('fracWidth', 'h', h, ['...', dim]);
  const x = prenormGamma === undefined ? copy(h) : composedNorm(h, prenormGamma, prenormEpsilon);
  return { x, alpha: tf.clone(staticAlpha), beta: tf.clone(staticBeta) };
}

/** {@link fracDepth} with coefficients 1: `h + y`. */
export function residualDepth<R extends tf.Rank>(
  h: tf.Tensor<R>,
  y: tf.Tensor,
  { dim }: Options,
): tf.Tensor<R> {
  checkTensor('fracDepth', 'h', h, ['...', dim]);
  checkTensor('fracDepth', 'y', y, h.shape);
  const add = (h: tf.Tensor, y: tf.Tensor) => ({
    value: tf.add(h, y),
    gradFunc: (dy: tf.Tensor) => [tf.clone(dy), tf.clone(dy)],
  });
  return tf.customGrad(add as Parameters<typeof tf.customGrad>[0])(h, y) as tf.Tensor<R>;
}

const copy = <R extends tf.Rank>(h: tf.Tensor<R>): tf.Tensor<R> =>
  tf.customGrad(x => ({ value: tf.clone(x as tf.Tensor), gradFunc: (dy: tf.Tensor) => tf.clone(dy) }))(
    h,
  ) as tf.Tensor<R>;
