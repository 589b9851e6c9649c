import * as tf from '@tensorflow/tfjs-core';

/**
 * Gathers rows: `y[i] = x[index[i]]`.
 *
 * The gradient is not that of tf.gather, an unsorted segment sum, for which the JavaScript backend makes a full pass
 * over dy for *each* row of x.
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
 * Scatters rows, the adjoint of {@link gatherRows}: `y[r]` is the sum of the `x[i]` with `index[i] = r`, or 0 if there
 * are none.
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
