import * as tf from '@tensorflow/tfjs-core';
import type { ResolvedModelOptions } from './options.js';

/**
 * The constant tables of attention, made once per model: T positions, H query heads, G key heads, D values per head.
 *
 * The rotary embedding rotates the pair (x[j], x[j + D/2]) of each head by the angle `t * base^(-2j/D)`:
 * `x * cos + (x @ rotate) * sin`. Each table has the columns of all heads, so the heads need not be separated. The
 * tables of the queries include the factor 1 / sqrt(D) of the scores, which saves an op.
 */
export interface AttentionTables {
  /** `[T, H * D]` */
  queryCos: tf.Tensor2D;
  querySin: tf.Tensor2D;
  /** `[T, G * D]` */
  keyCos: tf.Tensor2D;
  keySin: tf.Tensor2D;
  /** `[D, D]`: maps (a, b) to (-b, a); a and b are the halves of a head. */
  rotate: tf.Tensor2D;
  /**
   * `[H / G * T, T]`: 0 where the key is not after the query, otherwise -1e9, for which the softmax gives exactly 0.
   */
  mask: tf.Tensor2D;
}

type Sizes = Pick<ResolvedModelOptions, 'dim' | 'heads' | 'kvHeads' | 'ropeBase'>;

/** Makes the tables for positions 0 to `time` - 1. The caller disposes of them. */
export function attentionTables(o: Sizes, time: number): AttentionTables {
  const width = o.dim / o.heads;
  const table = (heads: number, factor: number, f: (angle: number) => number) =>
    tf.tensor2d(
      fill(time, heads * width, (t, j) => factor * f(t * frequency(o, j % width))),
      [time, heads * width],
    );
  const scale = 1 / Math.sqrt(width);
  const tall = (o.heads / o.kvHeads) * time;
  const half = width / 2;
  return {
    queryCos: table(o.heads, scale, Math.cos),
    querySin: table(o.heads, scale, Math.sin),
    keyCos: table(o.kvHeads, 1, Math.cos),
    keySin: table(o.kvHeads, 1, Math.sin),
    rotate: tf.tensor2d(
      fill(width, width, (i, j) => (i === j + half ? -1 : i === j - half ? 1 : 0)),
      [width, width],
    ),
    mask: tf.tensor2d(
      fill(tall, time, (i, j) => (j > i % time ? -1e9 : 0)),
      [tall, time],
    ),
  };
}

function frequency(o: Sizes, j: number): number {
  const width = o.dim / o.heads;
  return o.ropeBase ** ((-2 * (j % (width / 2))) / width);
}

function fill(rows: number, columns: number, f: (i: number, j: number) => number): Float32Array {
  return Float32Array.from({ length: rows * columns }, (_, k) => f(Math.floor(k / columns), k % columns));
}

/**
 * Applies the rotary embedding: rotates every head of every token according to its position.
 *
 * @param x `[B * T, W]`, W a multiple of the heads' width
 * @param cos `[T, W]`
 */
export function applyRope(
  x: tf.Tensor2D,
  cos: tf.Tensor2D,
  sin: tf.Tensor2D,
  rotate: tf.Tensor2D,
): tf.Tensor3D {
  const [time, width] = cos.shape;
  const size = rotate.shape[0];
  const shape: [number, number, number] = [x.shape[0] / time, time, width];
  const turned = tf.matMul(tf.reshape(x, [-1, size]) as tf.Tensor2D, rotate);
  return tf.add(tf.mul(tf.reshape(x, shape), cos), tf.mul(tf.reshape(turned, shape), sin));
}

/** The part of the tables for the first `time` positions. The caller disposes of it. */
export function firstPositions(tables: AttentionTables, time: number): AttentionTables {
  const { queryCos, querySin, keyCos, keySin, rotate, mask } = tables;
  const full = mask.shape[1];
  const group = mask.shape[0] / full;
  const rows = (table: tf.Tensor2D) => tf.slice(table, [0, 0], [time, -1]);
  const part = tf.slice(tf.reshape(mask, [group, full, full]) as tf.Tensor3D, [0, 0, 0], [-1, time, time]);
  return {
    queryCos: rows(queryCos),
    querySin: rows(querySin),
    keyCos: rows(keyCos),
    keySin: rows(keySin),
    rotate: tf.clone(rotate),
    mask: tf.reshape(part, [group * time, time]),
  };
}
