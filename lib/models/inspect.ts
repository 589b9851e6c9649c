import * as tf from '@tensorflow/tfjs-core';
import type { BaseConnection, Mix } from '../connections/base_connection.js';
import type { Connection } from '../connections/connection.js';
import { initialWeights } from '../connections/initial.js';
import { ManifoldConnection } from '../connections/manifold_connection.js';
import { opWeights } from '../connections/mixing.js';
import { resolveOptions } from '../contract/options.js';
import { fracRead } from '../ops/frac_read.js';

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
export function readSite(connection: BaseConnection, h: tf.Tensor) {
  const { alpha, beta } = connection.width(h);
  const { dim, streams, fractions } = connection.options;
  return { x: fracRead(h, alpha, { dim, streams, fractions }), alpha, beta };
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
  connection: BaseConnection,
  mix: Mix,
): ConnectionInspection {
  const mean = (t: tf.Tensor, rank: number) => tf.tidy(() => (t.rank > rank ? tf.mean(t, 0) : t).dataSync());
  const tokenMean = () => ({ tokenMean: values(mean(mix.alpha, 2), mean(mix.beta, 1)) });
  if (connection instanceof ManifoldConnection) {
    const start = ManifoldConnection.fromJSON({ ...connection.toJSON(), perturb: 0 });
    const made = { name, initial: withoutState(start), static: withoutState(connection), ...tokenMean() };
    start.dispose();
    return made;
  }
  const { options: o, weights, mixing } = connection as Connection;
  const start = initialWeights(resolveOptions('inspect', o), {
    prenorm: false,
    layerIndex: site,
    perturb: 0,
    seed: 0,
    mixing: 'learned', // all columns, as the ops see them
  });
  const staticAlpha = () => opWeights(weights, mixing, o.streams * o.fractions).staticAlpha.dataSync();
  return {
    name,
    initial: values(start.get('staticAlpha')!.values, start.get('staticBeta')!.values),
    static: values(tf.tidy(staticAlpha), weights.staticBeta.dataSync()),
    ...((o.dynamicAlpha || o.dynamicBeta) && tokenMean()),
  };
}

const values = (alpha: ArrayLike<number>, beta: ArrayLike<number>): Coefficients => ({
  alpha: Array.from(beta, (_, i) =>
    Array.from(
      { length: alpha.length / beta.length },
      (_, j) => alpha[(i * alpha.length) / beta.length + j]!,
    ),
  ),
  beta: Array.from(beta),
});

/** The part of a manifold's coefficients that no state changes: those of a state of zeros. */
function withoutState(connection: ManifoldConnection): Coefficients {
  const { dim, streams } = connection.options;
  const [alpha, beta] = tf.tidy(() => {
    const { alpha, beta } = connection.width(tf.zeros([1, streams * dim]));
    return [alpha, beta];
  });
  try {
    return values(alpha!.dataSync(), beta!.dataSync());
  } finally {
    tf.dispose([alpha!, beta!]);
  }
}
