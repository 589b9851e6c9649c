import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { type AttentionWeights, attention } from '../../lib/models/attention.js';
import { applyRope, attentionTables, firstPositions } from '../../lib/models/rope.js';
import { distance, normal } from './helpers.js';

const SIZES = { dim: 16, heads: 4, kvHeads: 2, ropeBase: 100 };
const [WIDTH, KV] = [4, 8];

const weights = (): AttentionWeights => ({
  q: normal([16, 16], 1, 0.5) as tf.Tensor2D,
  k: normal([KV, 16], 2, 0.5) as tf.Tensor2D,
  v: normal([KV, 16], 3, 0.5) as tf.Tensor2D,
  o: normal([16, 16], 4, 0.5) as tf.Tensor2D,
  qNorm: normal([16], 5) as tf.Tensor1D,
  kNorm: normal([KV], 6) as tf.Tensor1D,
});

// The same in double precision, one number at a time.
function reference(x: number[][], w: Record<keyof AttentionWeights, unknown>, epsilon: number): number[][] {
  const project = (row: number[], matrix: number[][]) =>
    matrix.map(line => line.reduce((sum, value, i) => sum + value * row[i]!, 0));
  const norm = (row: number[], gain: number[]) => {
    const mean = row.reduce((sum, value) => sum + value * value, 0) / row.length;
    return row.map((value, i) => (value / Math.sqrt(mean + epsilon)) * gain[i]!);
  };
  const turn = (row: number[], t: number) =>
    row.map((value, i) => {
      const [j, base] = [i % WIDTH, i - (i % WIDTH)];
      const angle = t * SIZES.ropeBase ** ((-2 * (j % (WIDTH / 2))) / WIDTH);
      const other = j < WIDTH / 2 ? -row[base + j + WIDTH / 2]! : row[base + j - WIDTH / 2]!;
      return value * Math.cos(angle) + other * Math.sin(angle);
    });
  const q = x.map((row, t) => turn(norm(project(row, w.q as number[][]), w.qNorm as number[]), t));
  const k = x.map((row, t) => turn(norm(project(row, w.k as number[][]), w.kNorm as number[]), t));
  const v = x.map(row => project(row, w.v as number[][]));
  return x.map((_, t) => {
    const joined: number[] = [];
    for (let head = 0; head < 4; head++) {
      const kv = Math.floor(head / 2) * WIDTH;
      const scores = k.slice(0, t + 1).map(key => {
        let dot = 0;
        for (let j = 0; j < WIDTH; j++) dot += q[t]![head * WIDTH + j]! * key[kv + j]!;
        return Math.exp(dot / Math.sqrt(WIDTH));
      });
      const sum = scores.reduce((total, score) => total + score, 0);
      for (let j = 0; j < WIDTH; j++) {
        joined.push(scores.reduce((total, score, s) => total + (score / sum) * v[s]![kv + j]!, 0));
      }
    }
    return project(joined, w.o as number[][]);
  });
}

describe('attention', () => {
  it('computes what a plain double-precision version computes, batch by batch', () => {
    const x = normal([2, 5, 16], 7);
    const w = weights();
    const own = attention(tf.reshape(x, [10, 16]) as tf.Tensor2D, w, attentionTables(SIZES, 5), 1e-5);
    const plain = Object.fromEntries(Object.entries(w).map(([name, each]) => [name, each.arraySync()]));
    const rows = (x.arraySync() as number[][][]).flatMap(each => reference(each, plain as never, 1e-5));
    expect(distance(own, tf.tensor2d(rows))).toBeLessThan(3e-6);
  });

  it('normalises queries and keys: their scale does not matter', () => {
    const x = normal([5, 16], 7) as tf.Tensor2D;
    const w = weights();
    const tables = attentionTables(SIZES, 5);
    const own = attention(x, w, tables, 0);
    const scaled = attention(x, { ...w, q: tf.mul(w.q, 100), k: tf.mul(w.k, 0.01) }, tables, 0);
    expect(distance(own, scaled)).toBeLessThan(1e-5);
    expect(distance(own, attention(x, { ...w, qNorm: tf.mul(w.qNorm, 3) }, tables, 0))).toBeGreaterThan(0.01);
  });
});

describe('rotary positions', () => {
  it('make scores depend on the distance alone', () => {
    const time = 6;
    const { queryCos, querySin, keyCos, keySin, rotate } = attentionTables(
      { ...SIZES, heads: 1, kvHeads: 1, dim: 8 },
      time,
    );
    const same = (seed: number) => tf.tile(normal([1, 8], seed), [time, 1]) as tf.Tensor2D;
    const q = applyRope(same(1), queryCos, querySin, rotate);
    const k = applyRope(same(2), keyCos, keySin, rotate);
    const scores = tf.squeeze(tf.matMul(q, k, false, true), [0]).arraySync() as number[][];
    for (let t = 1; t < time; t++) {
      for (let s = 1; s < time; s++) expect(scores[t]![s]).toBeCloseTo(scores[t - 1]![s - 1]!, 4);
    }
    expect(Math.abs(scores[0]![0]! - scores[0]![3]!)).toBeGreaterThan(0.01);
  });

  it('are the same for a part of the tables as for shorter tables', () => {
    const part = firstPositions(attentionTables(SIZES, 6), 4);
    const short = attentionTables(SIZES, 4);
    for (const name of Object.keys(short) as (keyof typeof short)[]) {
      expect(part[name].shape).toEqual(short[name].shape);
      expect(distance(part[name], short[name])).toBe(0);
    }
  });
});
