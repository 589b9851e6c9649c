import { Buffer, constants } from 'node:buffer';
import * as tf from '@tensorflow/tfjs-core';
import { FracConnectionsError } from '../../common/errors.js';

/** The part of the tfjs backend `cpu` that this package uses. */
export interface CpuBackend {
  /** Moves the values here first if another backend has them. */
  data: { get(id: object): { values?: unknown } };
  makeTensorInfo(shape: number[], dtype: 'float32', values: Float32Array): tf.TensorInfo;
  readSync(id: object): tf.backend_util.BackendValues;
}

// The type of tf.backend() has only what all backends share.
export const cpuBackend = () => tf.backend() as unknown as CpuBackend;

/** Whether this is the `cpu` backend of tfjs, or one with the same storage. */
export function keepsTypedArrays(backend: unknown): backend is CpuBackend {
  const { data, makeTensorInfo } = (backend ?? {}) as Partial<CpuBackend>;
  return typeof data?.get === 'function' && typeof makeTensorInfo === 'function';
}

// Also tests the name: with a test runner the array can come from another realm.
const isFloat32Array = (values: unknown): values is Float32Array =>
  values instanceof Float32Array ||
  (values as Partial<Float32Array> | undefined)?.[Symbol.toStringTag] === 'Float32Array';

const isShared = ({ buffer }: Float32Array) =>
  typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer;

/**
 * The array in which the backend stores the values of a tensor, without a copy where possible. It copies an array of
 * another type, which a tensor keeps after a cast, and shared memory, which another thread could write during the call.
 */
export function valuesOf(tensor: tf.Tensor, op: string, name: string, backend = cpuBackend()): Float32Array {
  if (tensor.isDisposed)
    throw new FracConnectionsError('ERR_DISPOSED', `${op}: ${name} must not be disposed`);
  const { values } = backend.data.get(tensor.dataId);
  const array =
    isFloat32Array(values) && !isShared(values)
      ? values
      : new Float32Array(backend.readSync(tensor.dataId) as ArrayLike<number>);
  // Some tfjs kernels leave values in a tensor of shape [0, ...].
  return array.length > tensor.size ? array.subarray(0, tensor.size) : array;
}

/** From this size in bytes, allocating without zeroing is faster: zeroing writes all memory that malloc reuses. */
const LARGE = 1 << 20;

/** Allocates an array of results, with arbitrary contents. The kernel overwrites all of it. */
export function allocate(size: number, op: string, name: string): Float32Array {
  const bytes = 4 * size;
  try {
    if (bytes < LARGE || bytes > constants.MAX_LENGTH) return new Float32Array(size);
    const { buffer, byteOffset } = Buffer.allocUnsafeSlow(bytes);
    return byteOffset === 0 && buffer.byteLength === bytes
      ? new Float32Array(buffer as ArrayBuffer)
      : new Float32Array(size);
  } catch (cause) {
    const message = `${op}: ${name}: no memory for ${size} values (${(cause as Error).message})`;
    throw new FracConnectionsError('ERR_MEMORY', message, { cause });
  }
}
