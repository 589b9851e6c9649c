import * as tf from '@tensorflow/tfjs-core';
import type { Alias } from '../contract/kernel.js';

// A connection reads its hidden state twice, in fracWidth and at the end of the layer, so tfjs would add up two gradients of
// it: three rows a token moved to no purpose, into new memory. Hence while tfjs records for a gradient, fracWidth hands out the
// state once more, and what closes the connection takes that: one gradient then goes through the other.

/** What a width connection read, and that over again. */
interface Reading {
  h: tf.Tensor;
  again: tf.Tensor;
  alias: Alias;
}

/** By the alpha that the width connection returned. */
const read = new WeakMap<tf.Tensor, Reading>();

/** Whether tfjs records what runs now. */
export function isTaped(): boolean {
  const { gradientDepth, kernelDepth } = tf.engine().state;
  return gradientDepth > 0 && kernelDepth === 0;
}

/** Notes what the width connection that returned `alpha` has read. */
export function noteState(alpha: tf.Tensor, reading: Reading): void {
  read.set(alpha, reading);
}

/** The state that the end of a connection takes for `h`: that of the width connection which made `alpha`, if it read this h. */
export function stateFor<R extends tf.Rank>(alpha: tf.Tensor, h: tf.Tensor<R>): tf.Tensor<R> {
  const noted = isTaped() ? read.get(alpha) : undefined;
  // A tf.tidy around the width connection alone has disposed of it.
  if (noted?.h !== h || noted.again.isDisposed) return h;
  noted.alias.taken = true;
  return noted.again as tf.Tensor<R>;
}
