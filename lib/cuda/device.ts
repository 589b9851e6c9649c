import type { CudaExports } from '../addon/cuda.js';
import { tryAddon } from '../addon/load.js';
import { brand } from '../common/brand.js';
import { checkInteger, optionError } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';
import { CudaDeviceBase } from './device_base.js';
import { type CudaEvent, createEvent } from './event.js';
import { CudaGraph } from './graph.js';
import { askForRemark, type CudaDeviceProperties, type CudaInfo, cudaInfo, infoOf } from './info.js';
import { nativeCall } from './native_call.js';
import { CudaStream, checkStream, type OnStream } from './stream.js';
import { allocateTensor, type CudaDtype, type CudaTensor, checkSpec, checkValues, sizeOf } from './tensor.js';

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
export class CudaDevice extends CudaDeviceBase {
  /** The stream that calls use unless they are given another. */
  override readonly stream: CudaStream;

  #captured: CudaStream | undefined;

  private constructor(native: CudaExports, properties: CudaDeviceProperties) {
    super(native, { ...properties });
    this.stream = this.createStream();
    Object.assign(this.properties, askForRemark(native, properties)); // the stream has made a context
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
    const native = 'addon' in found ? found.addon.cuda : undefined;
    return new CudaDevice(native!, usable(cudaInfo(), index));
  }

  /** @internal The same over an addon at hand. */
  static openOn(native: CudaExports | undefined, index = 0): CudaDevice {
    return new CudaDevice(native!, usable(infoOf(native), index));
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
    checkSpec(this, fn, shape, dtype);
    checkValues(fn, values, { size: sizeOf(shape), dtype });
    const made = allocateTensor(this, fn, shape, dtype);
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
    const made = allocateTensor(this, 'CudaDevice.zeros', shape, dtype);
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
    return allocateTensor(this, 'CudaDevice.empty', shape, dtype);
  }

  /** A new stream. It does not wait for the others. */
  createStream(): CudaStream {
    const fn = 'CudaDevice.createStream';
    this.checkAlive(fn);
    return new CudaStream(
      this,
      nativeCall(fn, () => this.native.createStream(this.index)),
    );
  }

  /** A new event, not recorded yet. */
  event(): CudaEvent {
    const fn = 'CudaDevice.event';
    this.checkAlive(fn);
    return createEvent(this, fn);
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
    this.checkAlive(fn);
    checkStream(this, fn, stream);
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
    this.checkAlive(fn);
    for (const stream of streams) checkStream(this, fn, stream);
    await Promise.all((streams.length === 0 ? [this.stream] : streams).map(stream => stream.synchronize()));
  }

  /** @internal The stream that calls use which name none. */
  override get current(): CudaStream {
    return this.#captured ?? this.stream;
  }
}
brand(CudaDevice, 'CudaDevice');

/** A device's properties; throws unless there is CUDA, and the device can be used. */
function usable(info: CudaInfo, index: number): CudaDeviceProperties {
  const fn = 'CudaDevice.open';
  if (!info.available) throw new FracConnectionsError('ERR_CUDA', `${fn}: ${info.reason}`);
  checkInteger(fn, 'index', index, 0, info.devices.length - 1);
  const properties = info.devices[index]!;
  if (properties.unsupported === undefined) return properties;
  const which = `device ${index}, ${properties.name}`;
  throw new FracConnectionsError('ERR_CUDA', `${fn}: ${which}: ${properties.unsupported}`);
}
