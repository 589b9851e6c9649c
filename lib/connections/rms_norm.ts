import * as tf from '@tensorflow/tfjs-core';
import { fracWidth } from '../ops/frac_width.js';
import { path } from '../paths/runtime.js';

/**
 * RMSNorm over the last axis: `x / sqrt(mean(x^2) + epsilon) * gain`.
 *
 * The width connection of one segment with coefficient 1 and a pre-norm is the same function. So where that op has a kernel, one
 * kernel each way replaces twenty tfjs ops.
 *
 * @param x `[..., d]`
 * @param gain `[d]`
 */
export function rmsNorm<R extends tf.Rank>(x: tf.Tensor<R>, gain: tf.Tensor, epsilon: number): tf.Tensor<R> {
  return path() === 'fallback' ? composedNorm(x, gain, epsilon) : fused(x, gain, epsilon);
}

function fused<R extends tf.Rank>(x: tf.Tensor<R>, gain: tf.Tensor, epsilon: number): tf.Tensor<R> {
  const options = { dim: gain.size, fractions: 1, dynamicAlpha: false, dynamicBeta: false };
  return tf.tidy(() => {
    const weights = { staticAlpha: tf.ones([1, 2]), staticBeta: tf.ones([1]), prenormGamma: gain };
    return fracWidth(x, weights, { ...options, prenormEpsilon: epsilon }).x;
  });
}

/**
 * {@link rmsNorm} of tfjs ops. It has a gradient of its own, because that of the composition would run twice as many ops. The
 * gradient computes the intermediate values again, which costs less than keeping them in memory.
 */
export function composedNorm<R extends tf.Rank>(
  x: tf.Tensor<R>,
  gain: tf.Tensor,
  epsilon: number,
): tf.Tensor<R> {
  return tf.customGrad((a, b, save) => {
    const [x, gain] = [a as tf.Tensor, b as tf.Tensor];
    (save as tf.GradSaveFunc)([x, gain]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => rmsNormGradient(dy, saved, epsilon);
    return { value: tf.mul(tf.mul(x, inverseRms(x, epsilon)), gain), gradFunc };
  })(x, gain) as tf.Tensor<R>;
}

// With u = x r: dx = r (dy gain - u mean(dy gain u)), dgain = sum over rows of dy u.
function rmsNormGradient(dy: tf.Tensor, saved: tf.Tensor[], epsilon: number): tf.Tensor[] {
  return tf.tidy(() => {
    const [x, gain] = saved as [tf.Tensor, tf.Tensor];
    const rows = (each: tf.Tensor): tf.Tensor2D => tf.reshape(each, [-1, gain.size]);
    const r = inverseRms(rows(x), epsilon);
    const unit = tf.mul(rows(x), r);
    const dyUnit = tf.mul(rows(dy), unit) as tf.Tensor2D;
    // A matrix product with the column gain / d weights the values and takes their mean in one op.
    const mean = tf.matMul(dyUnit, tf.reshape(tf.div(gain, gain.size), [gain.size, 1]) as tf.Tensor2D);
    const dx = tf.mul(r, tf.sub(tf.mul(rows(dy), gain), tf.mul(unit, mean)));
    return [tf.reshape(dx, x.shape), tf.sum(dyUnit, 0)];
  });
}

/** `[..., 1]` */
function inverseRms(x: tf.Tensor, epsilon: number): tf.Tensor {
  return tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon));
}
