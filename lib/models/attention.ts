import * as tf from '@tensorflow/tfjs-core';
import { rmsNorm } from '../connections/rms_norm.js';
import { type AttentionTables, applyRope } from './rope.js';

/** The weights of one attention sublayer; matrices are `[out, in]`. H query heads and G key heads of D values each. */
export interface AttentionWeights {
  /** `[H * D, dim]` */
  q: tf.Tensor2D;
  /** `[G * D, dim]` */
  k: tf.Tensor2D;
  /** `[G * D, dim]` */
  v: tf.Tensor2D;
  /** `[dim, H * D]` */
  o: tf.Tensor2D;
  /** `[H * D]`: gain of the RMSNorm over all query heads together. */
  qNorm: tf.Tensor1D;
  /** `[G * D]` */
  kNorm: tf.Tensor1D;
}

/**
 * Causal self-attention with QK-norm (over the full width, as in OLMo2) and rotary position embedding.
 *
 * @param x `[B * T, dim]`, already normalised
 * @returns `[B * T, dim]`
 */
export function attention(
  x: tf.Tensor2D,
  w: AttentionWeights,
  tables: AttentionTables,
  normEpsilon: number,
): tf.Tensor2D {
  const time = tables.mask.shape[1];
  const batch = x.shape[0] / time;
  const size = tables.rotate.shape[0];
  const kvHeads = w.k.shape[0] / size;
  const group = w.q.shape[0] / size / kvHeads;

  const q = applyRope(
    rmsNorm(linear(x, w.q), w.qNorm, normEpsilon),
    tables.queryCos,
    tables.querySin,
    tables.rotate,
  );
  const k = applyRope(
    rmsNorm(linear(x, w.k), w.kNorm, normEpsilon),
    tables.keyCos,
    tables.keySin,
    tables.rotate,
  );
  const v = linear(x, w.v);

  // Stacks the query heads that share a key head. One matrix product per key head then computes the scores of all of
  // them.
  const tall: [number, number, number] = [batch * kvHeads, group * time, size];
  const flat: [number, number, number] = [batch * kvHeads, time, size];
  const queries = tf.reshape(
    tf.transpose(tf.reshape(q, [batch, time, kvHeads, group, size]), [0, 2, 3, 1, 4]),
    tall,
  );
  const keys = tf.reshape(tf.transpose(tf.reshape(k, [batch, time, kvHeads, size]), [0, 2, 1, 3]), flat);
  const values = tf.reshape(tf.transpose(tf.reshape(v, [batch, time, kvHeads, size]), [0, 2, 1, 3]), flat);

  const scores = tf.add(tf.matMul(queries, keys, false, true), tables.mask);
  const mixed = tf.reshape(tf.matMul(tf.softmax(scores), values), [batch, kvHeads, group, time, size]);
  const joined = tf.reshape(tf.transpose(mixed, [0, 3, 1, 2, 4]), [batch * time, kvHeads * group * size]);
  return linear(joined as tf.Tensor2D, w.o);
}

/** `x @ w^T`: x `[N, in]`, w `[out, in]`. */
export function linear(x: tf.Tensor2D, w: tf.Tensor2D): tf.Tensor2D {
  return tf.matMul(x, w, false, true);
}
