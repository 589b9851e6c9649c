import * as tf from '@tensorflow/tfjs-core';

/** Whether the same run gives the same bits on the backend under test. Only TensorFlow on a GPU may sum in any order. */
export function repeats(): boolean {
  // Only TensorFlow's backend has this member.
  const { isUsingGpuDevice = false } = tf.backend() as { isUsingGpuDevice?: boolean };
  return !isUsingGpuDevice;
}
