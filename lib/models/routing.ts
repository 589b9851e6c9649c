import * as tf from '@tensorflow/tfjs-core';
import { gatherRows } from './rows.js';

/**
 * The assignment of tokens to experts: E experts, k of them per token, N tokens, R = N k assignments sorted by expert.
 */
export interface Routing {
  /** `[R]`, int32: the token of each assignment. */
  tokens: tf.Tensor1D;
  /**
   * `[R, 1]`: the router's probability for each assignment. It is differentiable, and not renormalised over the k
   * experts.
   */
  gates: tf.Tensor2D;
  /** Number of assignments of each expert, E values. Experts have no capacity limit. */
  load: number[];
  /** `E sum_e load_e / R mean_tokens(p_e)`: 1 when all experts get equally many tokens. */
  balanceLoss: tf.Scalar;
  /** `mean_tokens(logsumexp(logits)^2)`. */
  zLoss: tf.Scalar;
}

/**
 * Routes each token to the k experts with the highest probability (OLMoE, arXiv 2409.02060).
 *
 * JavaScript code chooses the experts, because top-k has no gradient in tfjs and needs none. It reads the probabilities
 * synchronously, so this function does not run on a backend that cannot do so (WebGPU).
 *
 * @param logits `[N, E]`
 */
export function route(logits: tf.Tensor2D, k: number): Routing {
  const [rows, experts] = logits.shape;
  const p = tf.softmax(logits);
  const chosen = assign(p.dataSync() as Float32Array, experts, k);
  const flat = tf.reshape(p, [rows * experts, 1]) as tf.Tensor2D;
  const share = chosen.load.map(load => (load * experts) / (rows * k));
  return {
    tokens: tf.tensor1d(chosen.tokens, 'int32'),
    gates: gatherRows(flat, tf.tensor1d(chosen.slots, 'int32')),
    load: chosen.load,
    balanceLoss: tf.sum(tf.mul(tf.mean(p, 0), tf.tensor1d(share))),
    zLoss: tf.mean(tf.square(tf.logSumExp(logits, 1))),
  };
}

/**
 * Finds the k largest values in each row of `p` `[N, E]`, and sorts them by expert, then by token. Of equal values the
 * first ranks higher.
 *
 * @returns tokens `[N k]`, slots `[N k]` = token * E + expert, load `[E]`
 */
export function assign(
  p: Float32Array,
  experts: number,
  k: number,
): { tokens: Int32Array; slots: Int32Array; load: number[] } {
  const lists: number[][] = Array.from({ length: experts }, () => []);
  for (let start = 0; start < p.length; start += experts) {
    for (const expert of largest(p.subarray(start, start + experts), k)) lists[expert]!.push(start / experts);
  }
  return {
    tokens: Int32Array.from(lists.flat()),
    slots: Int32Array.from(lists.flatMap((list, expert) => list.map(token => token * experts + expert))),
    load: lists.map(list => list.length),
  };
}

function largest(row: Float32Array, k: number): number[] {
  const found: number[] = [];
  for (let expert = 0; expert < row.length; expert++) {
    let at = found.length;
    while (at > 0 && row[expert]! > row[found[at - 1]!]!) at--;
    if (at < k) found.splice(at, 0, expert);
    if (found.length > k) found.pop();
  }
  return found;
}
