import * as tf from '@tensorflow/tfjs-core';

/**
 * Computes `f(...inputs)` and keeps only the inputs; the backward pass computes it again for its gradient.
 *
 * f must use each input, depend on nothing else that is learned, and give the same result both times.
 *
 * @param constants tensors that f needs and that get no gradient; kept as well
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
        tf.grads((...again) => f(again, saved.slice(xs.length)))(saved.slice(0, xs.length), dy),
      );
    return { value: f(xs, constants), gradFunc };
  })(...inputs) as T;
}

// tfjs drops the active tape when a gradient taken within a backward pass ends, though the outer one is not done with it.
function onOwnTape<T>(f: () => T): T {
  const { state } = tf.engine();
  const tape = state.activeTape;
  try {
    return f();
  } finally {
    state.activeTape = tape;
  }
}
