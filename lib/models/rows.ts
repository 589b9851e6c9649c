import * as tf from '@tensorflow/tfjs-core';

/**
 * `y[i] = x[index[i]]`.
 *
 * Not tf.gather: its gradient is an unsorted segment sum, which the JavaScript backend computes in a full pass over the
 * rows for *each* row of x.
 *
 * @param x `[R, d]`
 * @param index `[N]`, int32, values below R
 */
export function gatherRows(x: tf.Tensor2D, index: tf.Tensor1D): tf.Tensor2D {
  return tf.customGrad((a, save) => {
    const x = a as tf.Tensor2D;
    (save as tf.GradSaveFunc)([index]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => addRows(dy, saved[0]!, x.shape[0]);
    return { value: tf.gather(x, index), gradFunc };
  })(x) as tf.Tensor2D;
}

/**
 * The other way about: `y[r]` is the sum of the `x[i]` with `index[i] = r`, 0 where there is none.
 *
 * @param x `[N, d]`
 * @param index `[N]`, int32, values below `rows`
 */
export function scatterRows(x: tf.Tensor2D, index: tf.Tensor1D, rows: number): tf.Tensor2D {
  return tf.customGrad((x, save) => {
    (save as tf.GradSaveFunc)([index]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => tf.gather(dy, saved[0] as tf.Tensor1D);
    return { value: addRows(x as tf.Tensor, index, rows), gradFunc };
  })(x) as tf.Tensor2D;
}

function addRows(x: tf.Tensor, index: tf.Tensor, rows: number): tf.Tensor {
  return tf.tidy(() => tf.scatterND(tf.reshape(index, [index.size, 1]), x, [rows, ...x.shape.slice(1)]));
}
