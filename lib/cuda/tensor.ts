import { FracConnectionsError } from '../errors.js';
import { DTYPES, type Handle } from '../native/cuda.js';
import { show } from '../options.js';
import { checkIs, checkTensor, streamOf } from './checks.js';
import type { CudaDevice } from './device.js';
import { nativeCall, nativePromise } from './native_call.js';
import { CudaResource } from './resource.js';
import type { CudaStream } from './stream.js';

/**
 * How a tensor keeps its values on the device. Coefficients, weights and sums are float32 with each; in the half types the
 * projection's weights count with 16 bits of precision (bfloat16), or 22 and up to 65504 in size (float16).
 */
export type CudaDtype = 'float32' | 'bfloat16' | 'float16';

/** Where a call puts its work. */
export interface OnStream {
  /** Default: the device's own stream, or the one that is being captured. */
  stream?: CudaStream;
}

/**
 * Values on a device, row-major: made by {@link CudaDevice.tensor}, {@link CudaDevice.zeros} or {@link CudaDevice.empty}.
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
    device: CudaDevice,
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
   * Copies values to the device, rounded to the nearest of the tensor's type, ties to even. The array may be changed as soon as
   * the call returns, and work put on the stream after it sees the values; the promise resolves when they are there.
   *
   * @param values `size` of them; or, for a half-precision type, their bits in a Uint16Array
   */
  async upload(values: Float32Array | Uint16Array, on: OnStream = {}): Promise<void> {
    const fn = 'CudaTensor.upload';
    const { native } = this.device;
    const handle = this.handle(fn, 'the tensor');
    const stream = streamOf(fn, this.device, on);
    checkValues(fn, values, this);
    await nativePromise(fn, () => native.upload(stream, DTYPES[this.dtype], handle, values));
  }

  /** The values as they are at this point of the stream's work. */
  async download(on: OnStream = {}): Promise<Float32Array> {
    const fn = 'CudaTensor.download';
    const { native } = this.device;
    const handle = this.handle(fn, 'the tensor');
    const stream = streamOf(fn, this.device, on);
    return nativePromise(fn, () => native.download(stream, DTYPES[this.dtype], handle, 0));
  }

  /** The same as the bits of a half-precision type. */
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

  /** Copies another tensor's values, on the device. */
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

/** Number of values of a shape. */
export const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

/** Bytes of a value. */
export const bytesOf = (dtype: CudaDtype) => (dtype === 'float32' ? 4 : 2);

/** Throws unless `values` are what a tensor of this size and type takes. */
export function checkValues(
  fn: string,
  values: Float32Array | Uint16Array,
  { size, dtype }: { size: number; dtype: CudaDtype },
): void {
  // By name, not instanceof: under test runners the array may be another realm's.
  const kind = ArrayBuffer.isView(values) ? values[Symbol.toStringTag] : undefined;
  const bits = kind === 'Uint16Array' && dtype !== 'float32';
  if (kind !== 'Float32Array' && !bits) {
    const rule = dtype === 'float32' ? 'a Float32Array' : 'a Float32Array or a Uint16Array';
    throw new FracConnectionsError('ERR_DTYPE', `${fn}: values must be ${rule}, got ${show(values)}`);
  }
  if (values.length !== size) {
    throw new FracConnectionsError('ERR_SHAPE', `${fn}: values must have ${size}, got ${values.length}`);
  }
}
