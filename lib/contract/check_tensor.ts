import * as tf from '@tensorflow/tfjs-core';
import { show } from '../common/check.js';
import { checkShape, type ShapeRule } from '../common/check_shape.js';
import { FracConnectionsError } from '../common/errors.js';
import type { TensorChecks } from './weights.js';

/**
 * Whether `value` is a live float32 tensor of this shape. A fast test; on failure, a function below finds the error.
 */
export function isTensorOf(value: unknown, shape: readonly number[]): value is tf.Tensor {
  if (!(value instanceof tf.Tensor) || value.isDisposed || value.dtype !== 'float32') return false;
  if (value.shape.length !== shape.length) return false;
  for (let i = 0; i < shape.length; i++) if (value.shape[i] !== shape[i]) return false;
  return true;
}

/**
 * Throws unless `value` is a live float32 tensor of this shape. A leading `'...'` stands for any number of sizes.
 *
 * @param fn the public name of the caller, for error messages
 */
export function checkTensor(
  fn: string,
  name: string,
  value: unknown,
  shape: ShapeRule,
): asserts value is tf.Tensor {
  checkLive(fn, name, value);
  checkShape(fn, name, value.shape, [shape]);
}

/** The checks of tfjs tensors, for {@link checkWeights}. */
export const TENSORS: TensorChecks = { is: isTensorOf, check: checkTensor };

/** Like {@link checkTensor}, for a tensor that may have one of several shapes. */
export function checkTensorOneOf(
  fn: string,
  name: string,
  value: unknown,
  shapes: readonly (readonly number[])[],
): asserts value is tf.Tensor {
  checkLive(fn, name, value);
  checkShape(fn, name, value.shape, shapes);
}

/** Throws unless `value` is a float32 tensor that has not been disposed. */
export function checkLive(fn: string, name: string, value: unknown): asserts value is tf.Tensor {
  if (!(value instanceof tf.Tensor)) {
    throw new FracConnectionsError('ERR_DTYPE', `${fn}: ${name} must be a tf.Tensor, got ${show(value)}`);
  }
  if (value.isDisposed) {
    throw new FracConnectionsError('ERR_DISPOSED', `${fn}: ${name} must not be disposed`);
  }
  if (value.dtype !== 'float32') {
    throw new FracConnectionsError('ERR_DTYPE', `${fn}: ${name} must be float32, got ${value.dtype}`);
  }
}
