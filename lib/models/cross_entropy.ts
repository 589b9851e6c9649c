import * as tf from '@tensorflow/tfjs-core';

/**
 * Mean over rows of `-log softmax(logits)[i, targets[i]]`, in nats.
 *
 * Numerically stable: it uses log-softmax and never takes the logarithm of a rounded probability. The gradient is
 * `(softmax(logits) - onehot(targets)) / N`.
 *
 * @param logits `[N, V]`
 * @param targets `[N]`, int32, values below V
 */
export function crossEntropy(logits: tf.Tensor2D, targets: tf.Tensor1D): tf.Scalar {
  return tf.customGrad((a, save) => {
    const logits = a as tf.Tensor2D;
    const [rows, vocab] = logits.shape;
    const logp = tf.logSoftmax(logits);
    (save as tf.GradSaveFunc)([logits, targets]);
    const flat = tf.add(tf.mul(tf.range(0, rows, 1, 'int32'), tf.scalar(vocab, 'int32')), targets);
    const picked = tf.gather(tf.reshape(logp, [rows * vocab]), flat as tf.Tensor1D);
    return { value: tf.neg(tf.mean(picked)), gradFunc: crossEntropyGradient };
  })(logits) as tf.Scalar;
}

function crossEntropyGradient(dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor {
  return tf.tidy(() => {
    const [logits, targets] = saved as [tf.Tensor2D, tf.Tensor1D];
    const [rows, vocab] = logits.shape;
    // A cast instead of oneHot's dtype argument: with float32 there, tfjs's wasm backend writes the bits of integers.
    const truth = tf.cast(tf.oneHot(targets, vocab), 'float32');
    return tf.mul(tf.sub(tf.softmax(logits), truth), tf.div(dy, rows));
  });
}
