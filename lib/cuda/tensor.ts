import { DTYPES, type Handle } from '../addon/cuda.js';
import { brand } from '../common/brand.js';
import { checkInteger, optionError, show } from '../common/check.js';
import { checkShape, type ShapeRule } from '../common/check_shape.js';
import { FracConnectionsError } from '../common/errors.js';
import { checkIs } from './checks.js';
import type { CudaDeviceBase } from './device_base.js';
import { nativeCall, nativePromise } from './native_call.js';
import { CudaResource } from './resource.js';
import { type OnStream, streamOf } from './stream.js';

/**
 * The type of a tensor's values on the device. Coefficients, weights and sums are always float32. With a half-precision
 * hidden state the projection uses the weights with 16 bits of precision (bfloat16), or with 22 bits and at most 65504
 * in magnitude (float16).
 */
export type CudaDtype = 'float32' | 'bfloat16' | 'float16';

/**
 * A tensor on a device, row-major. {@link CudaDevice.tensor}, {@link CudaDevice.zeros} and {@link CudaDevice.empty}
 * make tensors.
 *
 * @example
 * ```ts
 * const h = await device.tensor(Float32Array.of(1, 2, 3, 4), [2, 2], 'bfloat16');
 * console.log(await h.download()); // Float32Array [1, 2, 3, 4]
 * h.dispose();
 * ```
 */
export class CudaTensor extends CudaResource {
  /** Number of values. */
  readonly size: number;

  /** @internal */
  constructor(
    device: CudaDeviceBase,
    handle: Handle,
    readonly shape: readonly number[],
    readonly dtype: CudaDtype,
  ) {
    super(device, handle);
    this.size = sizeOf(shape);
  }

  /** Bytes on the device. */
  get bytes(): number {
    return this.size * bytesOf(this.dtype);
  }

  /**
   * Copies values to the device, rounded to nearest even in the tensor's type. You may change the array as soon as the call returns.
   * Work that is put on the stream afterwards sees the values. The promise resolves when the copy is done.
   *
   * @param values `size` values; for a half-precision type also their bits in a Uint16Array
   */
  async upload(values: Float32Array | Uint16Array, on: OnStream = {}): Promise<void> {
    const fn = 'CudaTensor.upload';
    const { native } = this.device;
    const handle = this.handle(fn, 'the tensor');
    const stream = streamOf(fn, this.device, on);
    checkValues(fn, values, this);
    await nativePromise(fn, () => native.upload(stream, DTYPES[this.dtype], handle, values));
  }

  /** Resolves with the values at this point of the stream's work. */
  async download(on: OnStream = {}): Promise<Float32Array> {
    const fn = 'CudaTensor.download';
    const { native } = this.device;
    const handle = this.handle(fn, 'the tensor');
    const stream = streamOf(fn, this.device, on);
    return nativePromise(fn, () => native.download(stream, DTYPES[this.dtype], handle, 0));
  }

  /** Like {@link download}, with the bits of the values. For half-precision types only. */
  async downloadBits(on: OnStream = {}): Promise<Uint16Array> {
    const fn = 'CudaTensor.downloadBits';
    const { native } = this.device;
    const handle = this.handle(fn, 'the tensor');
    if (this.dtype === 'float32') {
      throw new FracConnectionsError(
        'ERR_DTYPE',
        `${fn}: the tensor must be bfloat16 or float16, got float32`,
      );
    }
    const stream = streamOf(fn, this.device, on);
    return nativePromise(fn, () => native.download(stream, DTYPES[this.dtype], handle, 1));
  }

  /** Copies the values of another tensor, on the device. */
  copyFrom(from: CudaTensor, on: OnStream = {}): void {
    const fn = 'CudaTensor.copyFrom';
    const { native } = this.device;
    const handle = this.handle(fn, 'the tensor');
    checkIs(fn, 'from', from, CudaTensor);
    checkTensor(fn, 'from', from, this.device, this.dtype, [this.shape]);
    const stream = streamOf(fn, this.device, on);
    nativeCall(fn, () => native.copy(stream, handle, from.handle(fn, 'from')));
  }

  /** Sets every value to zero. */
  zero(on: OnStream = {}): void {
    const fn = 'CudaTensor.zero';
    const { native } = this.device;
    const handle = this.handle(fn, 'the tensor');
    const stream = streamOf(fn, this.device, on);
    nativeCall(fn, () => native.zero(stream, handle));
  }
}
brand(CudaTensor, 'CudaTensor');

/** Number of values of a shape. */
export const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

/** Bytes per value. */
export const bytesOf = (dtype: CudaDtype) => (dtype === 'float32' ? 4 : 2);

/** Throws unless `values` have the right class and length for a tensor of this size and type. */
export function checkValues(
  fn: string,
  values: Float32Array | Uint16Array,
  { size, dtype }: { size: number; dtype: CudaDtype },
): void {
  // Tests the name instead of instanceof: with a test runner the array can come from another realm.
  const kind = ArrayBuffer.isView(values) ? values[Symbol.toStringTag] : undefined;
  const bits = kind === 'Uint16Array' && dtype !== 'float32';
  if (kind !== 'Float32Array' && !bits) {
    const rule = dtype === 'float32' ? 'a Float32Array' : 'a Float32Array or a Uint16Array';
    throw new FracConnectionsError('ERR_DTYPE', `${fn}: values must be ${rule}, got ${show(values)}`);
  }
  if (values.length !== size) {
    throw new FracConnectionsError(
      'ERR_SHAPE',
      `${fn}: values must have length ${size}, got ${values.length}`,
    );
  }
}

/** Makes a tensor without initialising its values. */
export function allocateTensor(
  device: CudaDeviceBase,
  fn: string,
  shape: readonly number[],
  dtype: CudaDtype,
): CudaTensor {
  checkSpec(device, fn, shape, dtype);
  const bytes = sizeOf(shape) * bytesOf(dtype);
  try {
    const handle = nativeCall(fn, () => device.native.allocate(device.index, bytes));
    return new CudaTensor(device, handle, Object.freeze([...shape]), dtype);
  } catch (error) {
    if (!(error instanceof FracConnectionsError) || error.code !== 'ERR_MEMORY') throw error;
    const { free, total } = device.memory();
    const message = `no memory for [${shape}] ${dtype}, ${bytes} bytes; ${free} of the device's ${total} are free`;
    throw new FracConnectionsError('ERR_MEMORY', `${fn}: ${message}`, { cause: error });
  }
}

/** Throws unless a device can have a tensor of this shape and type. */
export function checkSpec(
  device: CudaDeviceBase,
  fn: string,
  shape: readonly number[],
  dtype: CudaDtype,
): void {
  device.checkAlive(fn);
  if (!Array.isArray(shape)) throw optionError(fn, 'shape', 'must be an array', shape);
  for (const [i, size] of shape.entries()) checkInteger(fn, `shape[${i}]`, size, 0);
  checkInteger(fn, "the shape's bytes", sizeOf(shape) * 4, 0);
  if (!Object.hasOwn(DTYPES, dtype)) {
    throw optionError(fn, 'dtype', `must be ${Object.keys(DTYPES).join(', ')}`, dtype);
  }
}

/** Throws unless a tensor is alive, on this device, of this type and of one of these shapes. */
export function checkTensor(
  fn: string,
  name: string,
  value: CudaTensor,
  device: CudaDeviceBase,
  dtype: CudaDtype,
  shapes: readonly ShapeRule[],
): void {
  value.handle(fn, name);
  if (value.device !== device) {
    const where = `${value.device.index}${value.device.index === device.index ? ' of another CudaDevice.open' : ''}`;
    throw new FracConnectionsError(
      'ERR_OPTION',
      `${fn}: ${name} must be on device ${device.index} like the other arguments, got a tensor on device ${where}`,
    );
  }
  if (value.dtype !== dtype) {
    throw new FracConnectionsError('ERR_DTYPE', `${fn}: ${name} must be ${dtype}, got ${value.dtype}`);
  }
  checkShape(fn, name, value.shape, shapes);
}
