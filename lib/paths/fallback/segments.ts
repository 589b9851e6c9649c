import * as tf from '@tensorflow/tfjs-core';
import type { ResolvedOptions } from '../../contract/options.js';

// Sizes in the whole fallback: t tokens, n segments per token, m blocks of the layer, c values per segment, s streams,
// k = m + n columns of alpha. A static coefficient has t = 1.

/** The shape of the tokens: that of h without the last size. */
export const leadOf = (h: tf.Tensor): number[] => h.shape.slice(0, -1);

const tokensOf = (h: tf.Tensor): number => tf.util.sizeFromShape(leadOf(h));

/** h `[..., s * d]` as segments `[t, n, c]`. */
export const toSegments = (h: tf.Tensor, { n, c }: ResolvedOptions): tf.Tensor3D =>
  tf.reshape(h, [tokensOf(h), n, c]);

/** y `[..., d]` as blocks `[t, m, c]`. */
export const toBlocks = (y: tf.Tensor, { m, c }: ResolvedOptions): tf.Tensor3D =>
  tf.reshape(y, [tokensOf(y), m, c]);

/** alpha `[..., n, k]` as `[t, n, k]`, `[n, k]` as `[1, n, k]`. */
export const toAlpha = (alpha: tf.Tensor, { n, m }: ResolvedOptions): tf.Tensor3D =>
  tf.reshape(alpha, [alpha.size / (n * (m + n)), n, m + n]);

/** Segments `[t, n, c]` as streams `[t, s, m, c]`. If the last stream has fewer than m segments, zeros fill it. */
export function toStreams(segments: tf.Tensor3D, { n, m }: ResolvedOptions): tf.Tensor4D {
  const [t, , c] = segments.shape;
  const s = Math.ceil(n / m);
  const filled = s * m === n ? segments : tf.pad(segments, [none, [0, s * m - n], none]);
  return tf.reshape(filled, [t, s, m, c]);
}

const none: [number, number] = [0, 0];

/** Streams `[t, s, m, c]` as segments `[t, n, c]`. */
export function fromStreams(streams: tf.Tensor4D, { n }: ResolvedOptions): tf.Tensor3D {
  const [t, s, m, c] = streams.shape;
  const segments = tf.reshape(streams, [t, s * m, c]) as tf.Tensor3D;
  return s * m === n ? segments : tf.slice(segments, [0, 0, 0], [t, n, c]);
}

/** beta `[..., n]` as `[t, s, m, 1]`, `[n]` as `[1, s, m, 1]`, to broadcast with blocks `[t, 1, m, c]`. */
export const toBeta = (beta: tf.Tensor, o: ResolvedOptions): tf.Tensor4D =>
  toStreams(tf.reshape(beta, [beta.size / o.n, o.n, 1]), o);

/** Columns Y of alpha, `[t, n, m]`: what the layer reads. */
export const readColumns = (alpha: tf.Tensor3D, { n, m }: ResolvedOptions): tf.Tensor3D =>
  tf.slice(alpha, [0, 0, 0], [-1, n, m]);

/** Columns A of alpha, `[t, n, n]`: how segments mix. */
export const mixColumns = (alpha: tf.Tensor3D, { n, m }: ResolvedOptions): tf.Tensor3D =>
  tf.slice(alpha, [0, 0, m], [-1, n, n]);

/** Brings a gradient per token to the shape of a coefficient. Sums over the tokens if the coefficient is static. */
export function toCoefficientShape(perToken: tf.Tensor, coefficient: tf.Tensor): tf.Tensor {
  const summed = perToken.size === coefficient.size ? perToken : tf.sum(perToken, 0);
  return tf.reshape(summed, coefficient.shape);
}
