import * as tf from '@tensorflow/tfjs-core';
import type { Connection } from '../connections/connection.js';
import { initialWeights } from '../connections/initial.js';
import { opWeights } from '../connections/mixing.js';
import { resolveOptions } from '../contract/options.js';
import { fracWidth } from '../ops/frac_width.js';

/** The coefficients of one connection: alpha `[n][m + n]` (columns Y, then A) and beta `[n]`. */
export interface Coefficients {
  alpha: number[][];
  beta: number[];
}

/** One connection: its initial coefficients, its static weights now, and its coefficients on the given tokens. */
export interface ConnectionInspection {
  /** Name of the site: `layers.0.attention`. */
  name: string;
  /** The initial coefficients of Eq. 15. */
  initial: Coefficients;
  /** The static weights now. */
  static: Coefficients;
  /** Sum of the static and the dynamic part, as a mean over the tokens; absent if alpha and beta are both static. */
  tokenMean?: Coefficients;
}

/** The result of {@link LanguageModel.inspect}. */
export interface Inspection {
  /** The sites in order: `layers.0.attention`, `layers.0.feed_forward`, ... */
  sites: string[];
  /**
   * For each site except the last, one value per token: the cosine similarity between the inputs of this site and the
   * next, before the norm (Figure 2 of the paper).
   */
  similarities: Float32Array[];
  /** One per site; empty for residual wiring. */
  connections: ConnectionInspection[];
}

/** The input of a site before the norm, and the coefficients of its connection. */
export function readSite(connection: Connection, h: tf.Tensor) {
  const { prenormGamma: _, ...weights } = connection.weights;
  const { mixing, options } = connection;
  // Where this runs, a tf.tidy frees what is made of the weights.
  return fracWidth(h, opWeights(weights, mixing, options.streams * options.fractions), options);
}

/** The cosine similarity of each row of a and the same row of b; both are `[N, d]`. */
export function rowSimilarity(a: tf.Tensor2D, b: tf.Tensor2D): Float32Array {
  return tf.tidy(() => {
    const dot = tf.sum(tf.mul(a, b), -1);
    const lengths = tf.mul(tf.norm(a, 2, -1), tf.norm(b, 2, -1));
    return tf.div(dot, tf.maximum(lengths, 1e-30)).dataSync() as Float32Array;
  });
}

/** The inspection of one connection, from the coefficients that it had on the tokens of a batch. */
export function inspectConnection(
  name: string,
  site: number,
  connection: Connection,
  mix: { alpha: tf.Tensor; beta: tf.Tensor },
): ConnectionInspection {
  const { options: o, weights, mixing } = connection;
  const start = initialWeights(resolveOptions('inspect', o), {
    prenorm: false,
    layerIndex: site,
    perturb: 0,
    seed: 0,
    mixing: 'learned', // all columns, as the ops see them
  });
  const staticAlpha = () => opWeights(weights, mixing, o.streams * o.fractions).staticAlpha.dataSync();
  const values = (alpha: ArrayLike<number>, beta: ArrayLike<number>): Coefficients => ({
    alpha: Array.from(beta, (_, i) =>
      Array.from(
        { length: alpha.length / beta.length },
        (_, j) => alpha[(i * alpha.length) / beta.length + j]!,
      ),
    ),
    beta: Array.from(beta),
  });
  const mean = (t: tf.Tensor, rank: number) => tf.tidy(() => (t.rank > rank ? tf.mean(t, 0) : t).dataSync());
  return {
    name,
    initial: values(start.get('staticAlpha')!.values, start.get('staticBeta')!.values),
    static: values(tf.tidy(staticAlpha), weights.staticBeta.dataSync()),
    ...((o.dynamicAlpha || o.dynamicBeta) && { tokenMean: values(mean(mix.alpha, 2), mean(mix.beta, 1)) }),
  };
}
