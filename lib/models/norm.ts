import * as tf from '@tensorflow/tfjs-core';
import { fracWidth } from '../ops/frac_width.js';
import { path } from '../paths/runtime.js';

/**
 * RMSNorm over the last axis: `x / sqrt(mean(x^2) + epsilon) * gain`.
 *
 * The width connection of one segment with coefficient 1 and a pre-norm is the same function. So where that op has a kernel, one
 * kernel each way replaces twenty tfjs ops.
 *
 * @param x `[N, d]`
 * @param gain `[d]`
 */
export function rmsNorm(x: tf.Tensor2D, gain: tf.Tensor1D, epsilon: number): tf.Tensor2D {
  return path() === 'fallback' ? composed(x, gain, epsilon) : fused(x, gain, epsilon);
}

function fused(x: tf.Tensor2D, gain: tf.Tensor1D, epsilon: number): tf.Tensor2D {
  const options = { dim: gain.size, fractions: 1, dynamicAlpha: false, dynamicBeta: false };
  return tf.tidy(() => {
    const weights = { staticAlpha: tf.ones([1, 2]), staticBeta: tf.ones([1]), prenormGamma: gain };
    return fracWidth(x, weights, { ...options, prenormEpsilon: epsilon }).x;
  });
}

/**
 * It has a gradient of its own, because that of the composition would run twice as many ops. The gradient computes the
 * intermediate values again, which costs less than keeping them in memory.
 */
function composed(x: tf.Tensor2D, gain: tf.Tensor1D, epsilon: number): tf.Tensor2D {
  return tf.customGrad((a, b, save) => {
    const [x, gain] = [a as tf.Tensor2D, b as tf.Tensor1D];
    (save as tf.GradSaveFunc)([x, gain]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => rmsNormGradient(dy, saved, epsilon);
    return { value: tf.mul(tf.mul(x, inverseRms(x, epsilon)), gain), gradFunc };
  })(x, gain) as tf.Tensor2D;
}

// With u = x r: dx = r (dy gain - u mean(dy gain u)), dgain = sum over rows of dy u.
function rmsNormGradient(dy: tf.Tensor, saved: tf.Tensor[], epsilon: number): tf.Tensor[] {
  return tf.tidy(() => {
    const [x, gain] = saved as [tf.Tensor2D, tf.Tensor1D];
    const r = inverseRms(x, epsilon);
    const unit = tf.mul(x, r);
    const dyUnit = tf.mul(dy, unit) as tf.Tensor2D;
    // A matrix product with the column gain / d weights the values and takes their mean in one op.
    const mean = tf.matMul(dyUnit, tf.reshape(tf.div(gain, gain.size), [gain.size, 1]) as tf.Tensor2D);
    const dx = tf.mul(r, tf.sub(tf.mul(dy, gain), tf.mul(unit, mean)));
    return [dx, tf.sum(dyUnit, 0)];
  });
}

/** `[N, 1]` */
function inverseRms(x: tf.Tensor2D, epsilon: number): tf.Tensor2D {
  return tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon));
}
