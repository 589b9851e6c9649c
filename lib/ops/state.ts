import * as tf from '@tensorflow/tfjs-core';

// A connection reads its hidden state twice, in fracWidth and at the end of the layer, so tfjs would add up two gradients of
// it: three rows a token moved to no purpose, into new memory. Hence while tfjs records for a gradient, fracWidth hands out the
// state once more, and what closes the connection takes that: one gradient then goes through the other.

/** By the alpha of a width connection: the state that it read, and that state over again. */
const read = new WeakMap<tf.Tensor, { h: tf.Tensor; again: tf.Tensor }>();

/** Whether tfjs records what runs now. */
export function isTaped(): boolean {
  const { gradientDepth, kernelDepth } = tf.engine().state;
  return gradientDepth > 0 && kernelDepth === 0;
}

/** Notes that a width connection that read `h` returned `alpha`, and made `again` of h. */
export function noteState(alpha: tf.Tensor, h: tf.Tensor, again: tf.Tensor): void {
  read.set(alpha, { h, again });
}

/** The state that the end of a connection takes for `h`: that of the width connection which made `alpha`, if it read this h. */
export function stateFor<R extends tf.Rank>(alpha: tf.Tensor, h: tf.Tensor<R>): tf.Tensor<R> {
  const noted = isTaped() ? read.get(alpha) : undefined;
  // A tf.tidy around the width connection alone has disposed of it.
  return noted?.h === h && !noted.again.isDisposed ? (noted.again as tf.Tensor<R>) : h;
}
