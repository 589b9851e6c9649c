import * as tf from '@tensorflow/tfjs-core';
import type { Named } from '../../contract/kernel.js';
import type { ResolvedOptions } from '../../contract/options.js';
import { layerHat, layerHatGradient, type Normed, rmsHat, rmsHatGradient } from './norm.js';

/** The dynamic part of alpha or beta: `scale * tanh(z @ w)`. The two differ only in their number of columns. */
interface Head {
  /** 'Alpha' or 'Beta': the end of the names of its weights. */
  name: 'Alpha' | 'Beta';
  /** Columns: m + n for alpha, 1 for beta. */
  columns: number;
}

const HEADS: readonly Head['name'][] = ['Alpha', 'Beta'];

/** The intermediate values of {@link dynamicParts} that the gradient needs. */
export interface Dynamic {
  normed?: Normed;
  /** `[t * n, c]`: the normalised segments. */
  z: tf.Tensor2D;
  /** For each dynamic coefficient `[t * n, columns]`: tanh(z @ w), before the scale. */
  active: Partial<Record<Head['name'], tf.Tensor2D>>;
}

const headsOf = (o: ResolvedOptions): Head[] =>
  HEADS.filter(name => o[`dynamic${name}`]).map(name => ({
    name,
    columns: name === 'Alpha' ? o.m + o.n : 1,
  }));

const matrixOf = (w: Named, { name, columns }: Head, { c }: ResolvedOptions): tf.Tensor2D =>
  tf.reshape(w[`w${name}`]!, [c, columns]);

/** Eq. 11 to 13 without the static parts; segments `[t, n, c]`. Undefined when nothing is dynamic. */
export function dynamicParts(segments: tf.Tensor3D, w: Named, o: ResolvedOptions): Dynamic | undefined {
  if (!o.dynamicAlpha && !o.dynamicBeta) return undefined;
  const rows = tf.reshape(segments, [segments.shape[0] * o.n, o.c]) as tf.Tensor2D;
  const normed = hatOf(rows, o);
  const z = normed === undefined ? rows : affine(normed.hat, w);
  const active: Dynamic['active'] = {};
  for (const head of headsOf(o)) {
    const logits = tf.matMul<tf.Tensor2D>(z, matrixOf(w, head, o));
    active[head.name] = o.tanh ? tf.tanh(logits) : logits;
  }
  return { normed, z, active };
}

function hatOf(rows: tf.Tensor2D, o: ResolvedOptions): Normed | undefined {
  if (o.norm === 'none') return undefined;
  return o.norm === 'rms' ? rmsHat(rows, o.epsilon) : layerHat(rows, o.epsilon);
}

function affine(hat: tf.Tensor2D, w: Named): tf.Tensor2D {
  const gained = tf.mul<tf.Tensor2D>(hat, w.normGamma!);
  return w.normBeta === undefined ? gained : tf.add<tf.Tensor2D>(gained, w.normBeta);
}

/**
 * `static + scale * active`, of the shape `perToken`; the static weight itself, without tokens, if the part is not
 * dynamic.
 */
export function coefficient(name: Head['name'], dynamic: Dynamic | undefined, w: Named, perToken: number[]) {
  const still = w[`static${name}`]!;
  const active = dynamic?.active[name];
  if (active === undefined) return tf.clone(still);
  const scale = w[`scale${name}`];
  const moving = tf.reshape(scale === undefined ? active : tf.mul(active, scale), perToken);
  return tf.add(moving, still);
}

/**
 * The backward pass of both coefficients. It returns the gradients of their weights, by name, and as `segments`
 * `[t, n, c]` the part of the hidden state's gradient that comes from the coefficients.
 *
 * @param dAlpha `[t, n, k]`, or `[n, k]` if alpha is static
 * @param dBeta `[t, n]`, or `[n]` if beta is static
 */
export function coefficientGradients(
  dynamic: Dynamic | undefined,
  w: Named,
  dAlpha: tf.Tensor,
  dBeta: tf.Tensor,
  o: ResolvedOptions,
): Named {
  const gradients: Named = { staticAlpha: sumTokens(dAlpha, 2), staticBeta: sumTokens(dBeta, 1) };
  if (dynamic === undefined) return gradients;
  const upstream = { Alpha: dAlpha, Beta: dBeta };
  let dz: tf.Tensor2D | undefined;
  for (const head of headsOf(o)) {
    const part = headGradient(head, dynamic, w, upstream[head.name], gradients, o);
    dz = dz === undefined ? part : tf.add(dz, part);
  }
  gradients.segments = tf.reshape(throughNorm(dynamic, w, dz!, gradients, o), [-1, o.n, o.c]);
  return gradients;
}

const sumTokens = (d: tf.Tensor, rank: number) => (d.rank > rank ? tf.sum(d, 0) : tf.clone(d));

function headGradient(
  head: Head,
  { z, active }: Dynamic,
  w: Named,
  upstream: tf.Tensor,
  gradients: Named,
  o: ResolvedOptions,
): tf.Tensor2D {
  const { name, columns } = head;
  const a = active[name]!;
  const scale = w[`scale${name}`];
  const d = tf.reshape(upstream, [-1, columns]) as tf.Tensor2D;
  if (scale !== undefined) gradients[`scale${name}`] = tf.reshape(tf.sum(tf.mul(d, a)), [1]);
  const dActive = scale === undefined ? d : tf.mul<tf.Tensor2D>(d, scale);
  const dLogits = o.tanh ? tf.mul<tf.Tensor2D>(dActive, tf.sub(1, tf.square(a))) : dActive;
  gradients[`w${name}`] = tf.reshape(tf.matMul(z, dLogits, true), w[`w${name}`]!.shape);
  return tf.matMul(dLogits, matrixOf(w, head, o), false, true);
}

function throughNorm({ normed }: Dynamic, w: Named, dz: tf.Tensor2D, gradients: Named, o: ResolvedOptions) {
  if (normed === undefined) return dz;
  gradients.normGamma = tf.sum(tf.mul(dz, normed.hat), 0);
  if (w.normBeta !== undefined) gradients.normBeta = tf.sum(dz, 0);
  const dHat = tf.mul<tf.Tensor2D>(dz, w.normGamma!);
  return o.norm === 'rms' ? rmsHatGradient(normed, dHat) : layerHatGradient(normed, dHat);
}
