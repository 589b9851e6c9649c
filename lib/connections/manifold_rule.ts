import * as tf from '@tensorflow/tfjs-core';
import { optionError } from '../common/check.js';
import type { Mix } from './base_connection.js';
import { type ManifoldForm, Sinkhorn } from './sinkhorn.js';

/** The rule of Manifold-Constrained Hyper-Connections for n streams, or a part of it. */
export interface ManifoldRule {
  n: number;
  /** Number of Sinkhorn iterations. */
  iterations: number;
  /** Added to the weights of reading, to the matrix, and to the sums of its rows and columns. */
  epsilon: number;
  /** Added to the mean square of the state. */
  normEpsilon: number;
  form: ManifoldForm;
  /** Whether a layer's output is written to the streams. If not, there is no beta. */
  writes: boolean;
  /** Whether the streams mix. */
  mixes: boolean;
}

/** The learned weights of the rule, float32. */
export interface ManifoldWeights<T = tf.Tensor> {
  /** `[(2 + n) n, n d]`: rows for reading, for writing and for the matrix, row by row. Those of what the rule does not do are absent. */
  fn: T;
  /** As many as `fn` has rows. */
  base: T;
  /** `[3]`: for reading, writing and the matrix, as far as the rule does it. */
  scale: T;
}

/** Rows of `fn`. */
export const logitsOf = ({ n, writes, mixes }: Pick<ManifoldRule, 'n' | 'writes' | 'mixes'>): number =>
  (1 + Number(writes) + (mixes ? n : 0)) * n;

/** The logit of a weight of reading. One stream would need infinity for the weight 1. */
export function logit(weight: number, epsilon: number): number {
  const p = Math.min(weight - epsilon, 1 - 1e-6);
  return Math.log(p / (1 - p));
}

/** Throws unless this is an epsilon of the rule. */
export function checkEpsilon(fn: string, name: string, epsilon: unknown): void {
  if (!(typeof epsilon === 'number' && epsilon >= 0 && epsilon < 1))
    throw optionError(fn, name, 'must be a number from 0 to below 1', epsilon);
}

/**
 * The coefficients of the rule: alpha `[..., n, 1 + n]` and beta `[..., n]` from the state `[..., n d]`.
 *
 * Few values a token are computed from the logits, in many small steps, so plain loops do it (`Coefficients`). tfjs ops compute the
 * logits, and gradients that are as long as the state. The gradients are written here, because tfjs-core alone has none.
 */
export function manifoldCoefficients(h: tf.Tensor, weights: ManifoldWeights, rule: ManifoldRule): Mix {
  const { n } = rule;
  const lead = h.shape.slice(0, -1);
  const run = (h: tf.Tensor, fn: tf.Tensor, base: tf.Tensor, scale: tf.Tensor, save: tf.GradSaveFunc) => {
    const value = tf.tidy(() => new Coefficients(rule, project(h, fn, rule).logits, base, scale).forward());
    save([h, fn, base, scale]);
    return { value, gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => backward(dy, saved as Saved, rule) };
  };
  const { fn, base, scale } = weights;
  const all = tf.customGrad(run as unknown as Parameters<typeof tf.customGrad>[0])(h, fn, base, scale);
  try {
    return {
      alpha: part(all, 0, n * (1 + n), [...lead, n, 1 + n]),
      beta: rule.writes ? part(all, n * (1 + n), n, [...lead, n]) : tf.zeros([n]),
    };
  } finally {
    all.dispose();
  }
}

type Saved = [h: tf.Tensor, fn: tf.Tensor2D, base: tf.Tensor, scale: tf.Tensor];

const rowsOf = (h: tf.Tensor): tf.Tensor2D => tf.reshape(h, [-1, h.shape.at(-1)!]);

/** logits = fn h / rms(h) `[t, k]`, rms over the whole state, and 1 / rms(h) `[t, 1]`. The state itself is not scaled: it is long. */
function project(h: tf.Tensor, fn: tf.Tensor, { normEpsilon }: ManifoldRule) {
  const rows = rowsOf(h);
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(rows), -1, true), normEpsilon)) as tf.Tensor2D;
  const logits = tf.matMul(rows, fn as tf.Tensor2D, false, true);
  return { rows, logits: tf.mul<tf.Tensor2D>(logits, inverse), inverse };
}

function backward(dy: tf.Tensor, [h, fn, base, scale]: Saved, rule: ManifoldRule): tf.Tensor[] {
  return tf.tidy(() => {
    const { rows, logits, inverse } = project(h, fn, rule);
    const d = new Coefficients(rule, logits, base, scale).backward(dy);
    const dPlain = tf.mul<tf.Tensor2D>(d.logits, inverse); // of fn h
    const along = tf.mul(tf.mean(tf.mul(d.logits, logits), -1, true), logits.shape[1] / rows.shape[1]);
    const dRows = tf.sub(tf.matMul(dPlain, fn), tf.mul(rows, tf.mul(tf.square(inverse), along)));
    return [tf.reshape(dRows, h.shape), tf.matMul(dPlain, rows, true), d.base, d.scale];
  });
}

/** `size` columns of `all` from `first` on, in another shape. */
function part(all: tf.Tensor, first: number, size: number, shape: number[]): tf.Tensor {
  return tf.customGrad(x => ({
    value: tf.tidy(() => tf.reshape(tf.slice(x as tf.Tensor, [0, first], [-1, size]), shape)),
    gradFunc: (dy: tf.Tensor) =>
      tf.tidy(() => {
        const [t, width] = all.shape as [number, number];
        return tf.pad(tf.reshape(dy, [t, size]), [
          [0, 0],
          [first, width - first - size],
        ]);
      }),
  }))(all);
}

/** The rule from logits to coefficients, on the values of all tokens; a row has alpha `[n, 1 + n]`, then beta `[n]`. */
class Coefficients {
  readonly #logits: Float32Array;
  readonly #base: Float32Array;
  readonly #scale: Float32Array;
  readonly #sinkhorn: Sinkhorn;
  readonly #tokens: number;
  /** Logits and results of a token. */
  readonly #k: number;
  readonly #width: number;

  constructor(
    private readonly rule: ManifoldRule,
    logits: tf.Tensor2D,
    base: tf.Tensor,
    scale: tf.Tensor,
  ) {
    const { n, iterations, epsilon, form, writes } = rule;
    this.#tokens = logits.shape[0];
    this.#k = logits.shape[1];
    this.#width = n * (1 + n) + (writes ? n : 0);
    this.#logits = logits.dataSync() as Float32Array;
    this.#base = base.dataSync() as Float32Array;
    this.#scale = scale.dataSync() as Float32Array;
    this.#sinkhorn = new Sinkhorn(n, iterations, epsilon, form);
  }

  forward(): tf.Tensor2D {
    const { n, epsilon, writes, mixes } = this.rule;
    const all = new Float32Array(this.#tokens * this.#width);
    for (let t = 0; t < this.#tokens; t++) {
      const row = all.subarray(t * this.#width, (t + 1) * this.#width);
      const matrix = this.#matrix(t);
      for (let i = 0; i < n; i++) {
        row[i * (1 + n)] = this.#sigmoid(t, i) + epsilon;
        for (let j = 0; j < n; j++) row[i * (1 + n) + 1 + j] = mixes ? matrix[i * n + j]! : Number(i === j);
        if (writes) row[n * (1 + n) + i] = 2 * this.#sigmoid(t, n + i);
      }
    }
    return tf.tensor2d(all, [this.#tokens, this.#width]);
  }

  /** The gradients of the logits `[t, k]`, of base and of scale, from those of the rows. */
  backward(dy: tf.Tensor): { logits: tf.Tensor2D; base: tf.Tensor1D; scale: tf.Tensor1D } {
    const { n, writes, mixes } = this.rule;
    const given = dy.dataSync() as Float32Array;
    const d = new Float32Array(this.#tokens * this.#k);
    const base = new Float64Array(this.#k);
    const scale = new Float64Array(this.#scale.length);
    const add = (t: number, k: number, gradient: number) => {
      const part = k < n ? 0 : k < 2 * n ? 1 : 2;
      const at = t * this.#k + k;
      d[at] = gradient * this.#scale[part]!;
      base[k]! += gradient;
      scale[part]! += gradient * this.#logits[at]!;
    };
    for (let t = 0; t < this.#tokens; t++) {
      const row = given.subarray(t * this.#width, (t + 1) * this.#width);
      for (let i = 0; i < n; i++) {
        const pre = this.#sigmoid(t, i);
        add(t, i, row[i * (1 + n)]! * pre * (1 - pre));
        if (!writes) continue;
        const post = this.#sigmoid(t, n + i);
        add(t, n + i, row[n * (1 + n) + i]! * 2 * post * (1 - post));
      }
      if (!mixes) continue;
      const { gradient } = this.#sinkhorn;
      this.#matrix(t);
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) gradient[i * n + j] = row[i * (1 + n) + 1 + j]!;
      this.#sinkhorn.backward();
      for (let e = 0; e < n * n; e++) add(t, 2 * n + e, gradient[e]!);
    }
    return {
      logits: tf.tensor2d(d, [this.#tokens, this.#k]),
      base: tf.tensor1d(Float32Array.from(base)),
      scale: tf.tensor1d(Float32Array.from(scale)),
    };
  }

  /** Logit k of token t, scaled and shifted. */
  #at(t: number, k: number, part: number): number {
    return this.#scale[part]! * this.#logits[t * this.#k + k]! + this.#base[k]!;
  }

  #sigmoid = (t: number, k: number): number => 1 / (1 + Math.exp(-this.#at(t, k, k < this.rule.n ? 0 : 1)));

  /** How the streams of token t mix, in the memory of {@link Sinkhorn}. */
  #matrix(t: number): Float64Array {
    const { n, mixes } = this.rule;
    const { matrix } = this.#sinkhorn;
    if (!mixes) return matrix;
    for (let e = 0; e < n * n; e++) matrix[e] = this.#at(t, 2 * n + e, 2);
    this.#sinkhorn.forward();
    return matrix;
  }
}
