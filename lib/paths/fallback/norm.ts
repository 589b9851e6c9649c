import * as tf from '@tensorflow/tfjs-core';

/** The values that the gradient of a norm needs: the normalised rows and one factor per row. */
export interface Normed {
  /** `[r, c]`: rows with mean square 1 (and mean 0 for LayerNorm), before gain and bias. */
  hat: tf.Tensor2D;
  /** `[r, 1]`: 1 / sqrt(mean square + epsilon), with the variance instead of the mean square for LayerNorm. */
  inverse: tf.Tensor;
}

/** RMSNorm without its gain: `h / sqrt(mean(h^2) + epsilon)`, h `[r, c]`. */
export function rmsHat(h: tf.Tensor2D, epsilon: number): Normed {
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(h), -1, true), epsilon));
  return { hat: tf.mul(h, inverse), inverse };
}

/** LayerNorm without gain and bias: `(h - mean(h)) / sqrt(var(h) + epsilon)`, h `[r, c]`. */
export function layerHat(h: tf.Tensor2D, epsilon: number): Normed {
  return rmsHat(tf.sub(h, tf.mean(h, -1, true)), epsilon);
}

/** `dh = inverse * (dHat - hat * mean(dHat * hat))`. */
export function rmsHatGradient({ hat, inverse }: Normed, dHat: tf.Tensor2D): tf.Tensor2D {
  const along = tf.mean(tf.mul(dHat, hat), -1, true);
  return tf.mul(tf.sub(dHat, tf.mul(hat, along)), inverse);
}

/** `rmsHatGradient` minus its mean, because LayerNorm subtracts the mean of its input. */
export function layerHatGradient(normed: Normed, dHat: tf.Tensor2D): tf.Tensor2D {
  const dCentred = rmsHatGradient(normed, dHat);
  return tf.sub(dCentred, tf.mean(dCentred, -1, true));
}
