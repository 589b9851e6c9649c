import * as tf from '@tensorflow/tfjs-core';
import type { Alias } from '../contract/kernel.js';

// A connection uses its hidden state twice: in the width connection and in the depth connection. tfjs would compute two
// gradients of it and sum them, which moves three more rows per token and allocates memory. So while tfjs records a
// tape, fracWidth also returns an alias of the state, and the depth connection takes the alias as its input. The
// gradient kernel of fracWidth then gets the gradient from the depth connection, and adds it to its own result.

/** The hidden state that a width connection took, and the alias of it. */
interface Reading {
  h: tf.Tensor;
  state: tf.Tensor;
  alias: Alias;
}

/** The key is the alpha that the width connection returned. */
const read = new WeakMap<tf.Tensor, Reading>();

/** Whether tfjs records the ops that run now on a tape. */
export function isTaped(): boolean {
  const { gradientDepth, kernelDepth } = tf.engine().state;
  return gradientDepth > 0 && kernelDepth === 0;
}

/** Remembers the hidden state of the width connection that returned `alpha`. */
export function noteState(alpha: tf.Tensor, reading: Reading): void {
  read.set(alpha, reading);
}

/**
 * The tensor that a depth connection uses for `h`: the alias, if the width connection that returned `alpha` took this
 * `h`.
 */
export function stateFor<R extends tf.Rank>(alpha: tf.Tensor, h: tf.Tensor<R>): tf.Tensor<R> {
  const noted = isTaped() ? read.get(alpha) : undefined;
  // A tf.tidy around the width connection alone disposes of the alias.
  if (noted?.h !== h || noted.state.isDisposed) return h;
  noted.alias.taken = true;
  return noted.state as tf.Tensor<R>;
}
