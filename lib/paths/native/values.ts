import { Buffer, constants } from 'node:buffer';
import * as tf from '@tensorflow/tfjs-core';
import { FracConnectionsError } from '../../common/errors.js';

/** What this package uses of tfjs' `cpu` backend. */
export interface CpuBackend {
  /** Also fetches a tensor's values from another backend, if they are there. */
  data: { get(id: object): { values?: unknown } };
  makeTensorInfo(shape: number[], dtype: 'float32', values: Float32Array): tf.TensorInfo;
  readSync(id: object): tf.backend_util.BackendValues;
}

// tfjs types every backend by what all of them have.
export const cpuBackend = () => tf.backend() as unknown as CpuBackend;

/** Whether this is tfjs' own `cpu` backend, or one that keeps its values as that does. */
export function keepsTypedArrays(backend: unknown): backend is CpuBackend {
  const { data, makeTensorInfo } = (backend ?? {}) as Partial<CpuBackend>;
  return typeof data?.get === 'function' && typeof makeTensorInfo === 'function';
}

// By name too: under test runners the array may be another realm's.
const isFloat32Array = (values: unknown): values is Float32Array =>
  values instanceof Float32Array ||
  (values as Partial<Float32Array> | undefined)?.[Symbol.toStringTag] === 'Float32Array';

const isShared = ({ buffer }: Float32Array) =>
  typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer;

/**
 * The array in which the backend keeps a tensor's values, not a copy. A copy only of what kernels cannot take: a tensor cast
 * from another type keeps its old array, and on shared memory another thread could write meanwhile.
 */
export function valuesOf(tensor: tf.Tensor, op: string, name: string, backend = cpuBackend()): Float32Array {
  if (tensor.isDisposed)
    throw new FracConnectionsError('ERR_DISPOSED', `${op}: ${name} must not be disposed`);
  const { values } = backend.data.get(tensor.dataId);
  const array =
    isFloat32Array(values) && !isShared(values)
      ? values
      : new Float32Array(backend.readSync(tensor.dataId) as ArrayLike<number>);
  // Some of tfjs' own kernels leave values in a tensor of shape [0, ...].
  return array.length > tensor.size ? array.subarray(0, tensor.size) : array;
}

/** From so many bytes on it costs less not to clear an array: in memory that malloc hands out again, clearing writes it all. */
const LARGE = 1 << 20;

/** An array for so many results. What is in it is anything: a kernel writes all of it before anybody sees it. */
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
