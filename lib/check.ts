import * as tf from '@tensorflow/tfjs-core';
import { FracConnectionsError } from './errors.js';
import { show } from './options.js';

/** Whether `value` is a live float32 tensor of this shape: the quick question, before one of the functions below finds the words. */
export function isTensorOf(value: unknown, shape: readonly number[]): value is tf.Tensor {
  if (!(value instanceof tf.Tensor) || value.isDisposed || value.dtype !== 'float32') return false;
  if (value.shape.length !== shape.length) return false;
  for (let i = 0; i < shape.length; i++) if (value.shape[i] !== shape[i]) return false;
  return true;
}

/**
 * Throws unless `value` is a live float32 tensor of this shape. A leading `'...'` stands for any number of sizes.
 *
 * @param fn the caller's public name, for messages
 */
export function checkTensor(
  fn: string,
  name: string,
  value: unknown,
  shape: readonly (number | '...')[],
): asserts value is tf.Tensor {
  checkLive(fn, name, value);
  const rest = shape[0] === '...' ? shape.slice(1) : shape;
  const got = shape[0] === '...' ? value.shape.slice(value.rank - rest.length) : value.shape;
  const long = shape[0] !== '...' || value.rank >= rest.length;
  if (!long || got.length !== rest.length || got.some((size, i) => size !== rest[i])) {
    throw shapeError(fn, name, [shape], value);
  }
}

/** The same for a tensor that may have one of several shapes. */
export function checkTensorOneOf(
  fn: string,
  name: string,
  value: unknown,
  shapes: readonly (readonly number[])[],
): asserts value is tf.Tensor {
  checkLive(fn, name, value);
  if (!shapes.some(shape => tf.util.arraysEqual(shape as number[], value.shape))) {
    throw shapeError(fn, name, shapes, value);
  }
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

function shapeError(
  fn: string,
  name: string,
  shapes: readonly (readonly (number | '...')[])[],
  value: tf.Tensor,
): FracConnectionsError {
  const rule = shapes.map(shape => `[${shape.join(', ')}]`).join(' or ');
  return new FracConnectionsError('ERR_SHAPE', `${fn}: ${name} must be ${rule}, got [${value.shape}]`);
}
