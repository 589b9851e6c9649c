// What a connection with `enabled: false` computes. It has one stream, one fraction, and coefficients that stay 1. Where there are
// kernels, one computes the norm, and in inference one computes the sum and the next layer's norm. Nothing is multiplied by 1 or
// copied. The gradients are written here, because tfjs-core alone has no gradients for its ops.
import * as tf from '@tensorflow/tfjs-core';
import { checkTensor } from '../contract/check_tensor.js';
import type { ConnectionWeights } from '../contract/weights.js';
import { fracDepth } from '../ops/frac_depth.js';
import { fracWidth, type WidthResult } from '../ops/frac_width.js';
import { stateFor } from '../ops/state.js';
import { path } from '../paths/runtime.js';
import type { ConnectionSizes } from './base_connection.js';
import { composedNorm } from './rms_norm.js';

/** The options that make a connection the residual one. */
export const RESIDUAL = { streams: 1, fractions: 1, dynamicAlpha: false, dynamicBeta: false } as const;

type Options = ConnectionSizes;

/** {@link fracWidth} with coefficients 1: the layer's input is h, or its RMSNorm. */
export function residualWidth<R extends tf.Rank>(
  h: tf.Tensor<R>,
  weights: ConnectionWeights,
  options: Options,
): WidthResult<R> {
  const { staticAlpha, staticBeta, prenormGamma } = weights;
  if (prenormGamma !== undefined && path() !== 'fallback') return fracWidth(h, weights, options);
  checkTensor('fracWidth', 'h', h, ['...', options.dim]);
  const x = prenormGamma === undefined ? copy(h) : composedNorm(h, prenormGamma, options.prenormEpsilon);
  return { x, alpha: tf.clone(staticAlpha), beta: tf.clone(staticBeta) };
}

/** {@link fracDepth} with coefficients 1: `h + y`. Its gradients are the upstream one, twice, so no kernel computes them. */
export function residualDepth<R extends tf.Rank>(
  h: tf.Tensor<R>,
  y: tf.Tensor,
  { alpha, beta }: Pick<WidthResult, 'alpha' | 'beta'>,
  options: Options,
): tf.Tensor<R> {
  checkTensor('fracDepth', 'h', h, ['...', options.dim]);
  checkTensor('fracDepth', 'y', y, h.shape);
  const sum = (h: tf.Tensor, y: tf.Tensor) => ({
    value: path() === 'fallback' ? tf.add(h, y) : fracDepth(h, y, alpha, beta, options),
    gradFunc: (dy: tf.Tensor) => [tf.clone(dy), tf.clone(dy)],
  });
  return tf.customGrad(sum as Parameters<typeof tf.customGrad>[0])(stateFor(alpha, h), y) as tf.Tensor<R>;
}

const copy = <R extends tf.Rank>(h: tf.Tensor<R>): tf.Tensor<R> =>
  tf.customGrad(x => ({ value: tf.clone(x as tf.Tensor), gradFunc: (dy: tf.Tensor) => tf.clone(dy) }))(
    h,
  ) as tf.Tensor<R>;
