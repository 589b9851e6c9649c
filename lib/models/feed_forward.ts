import * as tf from '@tensorflow/tfjs-core';
import { linear } from './attention.js';

/** The weights of one SwiGLU network; matrices are `[out, in]`. */
export interface FeedForwardWeights {
  /** `[ffnDim, dim]` */
  gate: tf.Tensor2D;
  /** `[ffnDim, dim]` */
  up: tf.Tensor2D;
  /** `[dim, ffnDim]` */
  down: tf.Tensor2D;
}

/**
 * SwiGLU: `(silu(x @ gate^T) * (x @ up^T)) @ down^T`, `silu(z) = z sigmoid(z)`.
 *
 * @param x `[N, dim]`
 * @returns `[N, dim]`
 */
export function feedForward(x: tf.Tensor2D, w: FeedForwardWeights): tf.Tensor2D {
  const gate = linear(x, w.gate);
  return linear(tf.mul(tf.mul(gate, tf.sigmoid(gate)), linear(x, w.up)), w.down);
}
