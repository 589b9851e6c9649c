/// <reference lib="esnext.disposable" preserve="true" />
import { FracConnectionsError } from '../errors.js';
import type { CudaExports, Handle } from '../native/cuda.js';
import { DTYPES } from '../native/cuda.js';
import { tryAddon } from '../native/load.js';
import { checkInteger, optionError } from '../options.js';
import { checkIs } from './checks.js';
import { CudaEvent } from './event.js';
import { CudaGraph } from './graph.js';
import { askForRemark, type CudaDeviceProperties, type CudaInfo, cudaInfo, infoOf } from './info.js';
import { nativeCall } from './native_call.js';
import { CudaStream } from './stream.js';
import { bytesOf, type CudaDtype, CudaTensor, checkValues, type OnStream, sizeOf } from './tensor.js';

/**
 * A CUDA device: its memory and its streams. All that is made on it is freed with it.
 *
 * Nothing waits for the device unless it returns a promise; work is put on a stream, and an error in it is met by a later call.
 * Allocating and disposing do wait, for that is how CUDA does it: a loop that should run ahead keeps its tensors, and gives ops
 * their outputs.
 *
 * @example
 * ```ts
 * using device = CudaDevice.open();
 * const h = await device.tensor(new Float32Array(1024 * 512), [1024, 512], 'bfloat16');
 * const { x, alpha, beta } = fracWidth(h, weights, options);
 * console.log(await x.download());
 * ```
 */
export class CudaDevice {
  readonly properties: CudaDeviceProperties;
  /** The stream that calls use unless they are given another. */
  readonly stream: CudaStream;

  /** @internal */
  readonly native: CudaExports;
  /** @internal Handles of all that is alive on the device. */
  readonly live = new Set<Handle>();
  #disposed = false;
  #captured: CudaStream | undefined;

  private constructor(native: CudaExports, properties: CudaDeviceProperties) {
    this.native = native;
    this.properties = properties;
    this.stream = this.createStream();
    this.properties = { ...properties, ...askForRemark(native, properties) }; // the stream has made a context
  }

  /**
   * Opens a device.
   *
   * @param index of {@link cudaInfo}'s devices; default 0
   * @throws FracConnectionsError ERR_CUDA when there is no CUDA, with the reason that {@link cudaInfo} tells, or when the device
   * cannot be used; ERR_OPTION when there is no device of this number
   */
  static open(index = 0): CudaDevice {
    const found = tryAddon();
    return openOn(
      'addon' in found ? found.addon.cuda : undefined,
      cudaInfo(),
      index,
      (native, properties) => {
        return new CudaDevice(native, properties);
      },
    );
  }

  /** @internal The same over an addon at hand. */
  static openOn(native: CudaExports | undefined, index = 0): CudaDevice {
    return openOn(native, infoOf(native), index, (cuda, properties) => new CudaDevice(cuda, properties));
  }

  /** Its number. */
  get index(): number {
    return this.properties.index;
  }

  /** Whether it was disposed of. */
  get isDisposed(): boolean {
    return this.#disposed;
  }

  /** Bytes of the device's memory: free for anybody, and in all. */
  memory(): { free: number; total: number } {
    const fn = 'CudaDevice.memory';
    this.#alive(fn);
    return nativeCall(fn, () => this.native.memory(this.index));
  }

  /**
   * A tensor of these values; see {@link CudaTensor.upload}.
   *
   * @throws FracConnectionsError ERR_MEMORY when the device has not the memory; everything else stays as it is, and usable
   */
  async tensor(
    values: Float32Array | Uint16Array,
    shape: readonly number[],
    dtype: CudaDtype = 'float32',
    on: OnStream = {},
  ): Promise<CudaTensor> {
    const fn = 'CudaDevice.tensor';
    this.#checkTensor(fn, shape, dtype);
    checkValues(fn, values, { size: sizeOf(shape), dtype });
    const made = this.allocate(fn, shape, dtype);
    try {
      await made.upload(values, on);
      return made;
    } catch (error) {
      made.dispose();
      throw error;
    }
  }

  /** A tensor of zeros. */
  zeros(shape: readonly number[], dtype: CudaDtype = 'float32', on: OnStream = {}): CudaTensor {
    const made = this.allocate('CudaDevice.zeros', shape, dtype);
    try {
      made.zero(on);
      return made;
    } catch (error) {
      made.dispose();
      throw error;
    }
  }

  /** A tensor of whatever is in the memory: room for an output. */
  empty(shape: readonly number[], dtype: CudaDtype = 'float32'): CudaTensor {
    return this.allocate('CudaDevice.empty', shape, dtype);
  }

  /** @internal */
  allocate(fn: string, shape: readonly number[], dtype: CudaDtype): CudaTensor {
    this.#checkTensor(fn, shape, dtype);
    const bytes = sizeOf(shape) * bytesOf(dtype);
    try {
      const handle = nativeCall(fn, () => this.native.allocate(this.index, bytes));
      return new CudaTensor(this, handle, Object.freeze([...shape]), dtype);
    } catch (error) {
      if (!(error instanceof FracConnectionsError) || error.code !== 'ERR_MEMORY') throw error;
      const { free, total } = this.memory();
      const message = `no memory for [${shape}] ${dtype}, ${bytes} bytes; ${free} of the device's ${total} are free`;
      throw new FracConnectionsError('ERR_MEMORY', `${fn}: ${message}`, { cause: error });
    }
  }

  /** A new stream. It does not wait for the others. */
  createStream(): CudaStream {
    const fn = 'CudaDevice.createStream';
    this.#alive(fn);
    return new CudaStream(
      this,
      nativeCall(fn, () => this.native.createStream(this.index)),
    );
  }

  /** A new event, not recorded yet. */
  event(): CudaEvent {
    const fn = 'CudaDevice.event';
    this.#alive(fn);
    return new CudaEvent(
      this,
      nativeCall(fn, () => this.native.createEvent(this.index)),
    );
  }

  /**
   * Captures what a function puts on a stream, without running it. Meanwhile the stream is the one that calls use by default.
   * Ops may allocate their outputs in it, which the caller then has to keep hold of in order to read them; values cannot be
   * uploaded, downloaded or waited for.
   *
   * @param stream any of the device's; the graph may be launched on another
   * @param work not asynchronous; when it throws, the capture has never been
   *
   * @example
   * ```ts
   * const out = { x: device.empty([1024, 512], 'bfloat16'), alpha, beta };
   * const graph = device.capture(device.stream, () => {
   *   fracWidth(h, weights, options, { out });
   * });
   * graph.launch();
   * ```
   */
  capture(stream: CudaStream, work: () => void): CudaGraph {
    const fn = 'CudaDevice.capture';
    this.#alive(fn);
    this.checkStream(fn, stream);
    if (typeof work !== 'function') throw optionError(fn, 'work', 'must be a function', work);
    const handle = stream.handle(fn, 'stream');
    const outer = this.#captured;
    nativeCall(fn, () => this.native.beginCapture(handle));
    this.#captured = stream;
    try {
      const returned: unknown = work();
      if (returned instanceof Promise) {
        returned.catch(() => undefined); // it fails with what it meets after the capture, which is told here
        throw optionError(fn, 'work', 'must not be asynchronous', returned);
      }
      stream.handle(fn, 'stream');
    } catch (error) {
      if (!stream.isDisposed) nativeCall(fn, () => this.native.abortCapture(handle));
      throw error;
    } finally {
      this.#captured = outer;
    }
    return new CudaGraph(
      this,
      nativeCall(fn, () => this.native.endCapture(handle)),
    );
  }

  /** Resolves when all that is on the given streams is done; by default on the device's own. */
  async synchronize(...streams: CudaStream[]): Promise<void> {
    const fn = 'CudaDevice.synchronize';
    this.#alive(fn);
    for (const stream of streams) this.checkStream(fn, stream);
    await Promise.all((streams.length === 0 ? [this.stream] : streams).map(stream => stream.synchronize()));
  }

  /** Frees all that was made on the device, and gives it back. A second call does nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const handle of this.live) this.native.release(handle);
    this.live.clear();
  }

  /** For `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal The stream that calls use which name none. */
  get current(): CudaStream {
    return this.#captured ?? this.stream;
  }

  /** @internal Throws unless it is a stream of this device. */
  checkStream(fn: string, stream: CudaStream): void {
    checkIs(fn, 'stream', stream, CudaStream);
    if (stream.device === this) return;
    throw new FracConnectionsError('ERR_OPTION', `${fn}: stream must be one of the same device`);
  }

  #checkTensor(fn: string, shape: readonly number[], dtype: CudaDtype): void {
    this.#alive(fn);
    if (!Array.isArray(shape)) throw optionError(fn, 'shape', 'must be an array', shape);
    for (const [i, size] of shape.entries()) checkInteger(fn, `shape[${i}]`, size, 0);
    checkInteger(fn, "the shape's bytes", sizeOf(shape) * 4, 0);
    if (!Object.hasOwn(DTYPES, dtype)) {
      throw optionError(fn, 'dtype', `must be ${Object.keys(DTYPES).join(', ')}`, dtype);
    }
  }

  #alive(fn: string): void {
    if (!this.#disposed) return;
    throw new FracConnectionsError('ERR_DISPOSED', `${fn}: the device must not be disposed`);
  }
}

function openOn(
  native: CudaExports | undefined,
  info: CudaInfo,
  index: number,
  make: (native: CudaExports, properties: CudaDeviceProperties) => CudaDevice,
): CudaDevice {
  const fn = 'CudaDevice.open';
  if (!info.available) throw new FracConnectionsError('ERR_CUDA', `${fn}: ${info.reason}`);
  checkInteger(fn, 'index', index, 0, info.devices.length - 1);
  const properties = info.devices[index]!;
  if (properties.unsupported !== undefined) {
    const which = `device ${index}, ${properties.name}`;
    throw new FracConnectionsError('ERR_CUDA', `${fn}: ${which}: ${properties.unsupported}`);
  }
  return make(native!, properties);
}
