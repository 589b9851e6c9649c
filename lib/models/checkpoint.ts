import * as tf from '@tensorflow/tfjs-core';

/**
 * Gradient checkpointing: computes `f(...inputs)` and keeps only the inputs. The backward pass computes f a second
 * time.
 *
 * f must use each input, must not depend on other trainable values, and must give the same result both times.
 *
 * @param constants tensors that f needs and that get no gradient; these are kept as well
 */
export function checkpoint<T extends tf.Tensor>(
  f: (inputs: tf.Tensor[], constants: tf.Tensor[]) => T,
  inputs: tf.Tensor[],
  constants: tf.Tensor[] = [],
): T {
  return tf.customGrad((...args) => {
    const xs = args.slice(0, -1) as tf.Tensor[];
    (args.at(-1) as tf.GradSaveFunc)([...xs, ...constants]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) =>
      onOwnTape(() =>
        tf.grads((...copies) => f(copies, saved.slice(xs.length)))(saved.slice(0, xs.length), dy),
      );
    return { value: f(xs, constants), gradFunc };
  })(...inputs) as T;
}

// When a gradient inside a backward pass ends, tfjs drops the active tape although the outer backward pass still needs
// it.
function onOwnTape<T>(f: () => T): T {
  const { state } = tf.engine();
  const tape = state.activeTape;
  try {
    return f();
  } finally {
    state.activeTape = tape;
  }
}
