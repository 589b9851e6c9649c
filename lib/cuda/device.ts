import type { CudaExports } from '../addon/cuda.js';
import { tryAddon } from '../addon/load.js';
import { brand } from '../common/brand.js';
import { checkInteger, optionError } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';
import { CudaDeviceBase } from './device_base.js';
import { type CudaEvent, createEvent } from './event.js';
import { CudaGraph } from './graph.js';
import { type CudaDeviceProperties, type CudaInfo, cudaInfo, infoOf, queryRemark } from './info.js';
import { nativeCall } from './native_call.js';
import { CudaStream, checkStream, type OnStream } from './stream.js';
import { allocateTensor, type CudaDtype, type CudaTensor, checkSpec, checkValues, sizeOf } from './tensor.js';

/**
 * A CUDA device with its memory and streams. Disposing of the device frees everything made on it.
 *
 * Calls put work on a stream and do not wait for it, except those that return a promise. A later call reports an error
 * of that work. Allocating and disposing wait for the device, because CUDA does. A loop that must not wait should keep
 * its tensors and pass outputs to the ops.
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
  /** The default stream of calls without a `stream` option. */
  override readonly stream: CudaStream;

  #captured: CudaStream | undefined;

  private constructor(native: CudaExports, properties: CudaDeviceProperties) {
    super(native, { ...properties });
    this.stream = this.createStream();
    Object.assign(this.properties, queryRemark(native, properties)); // the stream has created a context
  }

  /**
   * Opens a device.
   *
   * @param index index of the device among those of {@link cudaInfo}; default 0
   * @throws FracConnectionsError ERR_CUDA when there is no CUDA, with the reason of {@link cudaInfo}, or when the device cannot be
   *   used; ERR_OPTION when there is no device with this index
   */
  static open(index = 0): CudaDevice {
    const found = tryAddon();
    const native = 'addon' in found ? found.addon.cuda : undefined;
    return new CudaDevice(native!, usable(cudaInfo(), index));
  }

  /** @internal Like `open`, with the given addon. */
  static openWith(native: CudaExports | undefined, index = 0): CudaDevice {
    return new CudaDevice(native!, usable(infoOf(native), index));
  }

  /**
   * Makes a tensor of these values; see {@link CudaTensor.upload}.
   *
   * @throws FracConnectionsError ERR_MEMORY when the device has too little free memory; everything else stays usable
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

  /** Makes a tensor of zeros. */
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

  /** Makes a tensor without initialising its values, for use as an output. */
  empty(shape: readonly number[], dtype: CudaDtype = 'float32'): CudaTensor {
    return allocateTensor(this, 'CudaDevice.empty', shape, dtype);
  }

  /** Makes a new stream. Streams do not wait for each other. */
  createStream(): CudaStream {
    const fn = 'CudaDevice.createStream';
    this.checkAlive(fn);
    return new CudaStream(
      this,
      nativeCall(fn, () => this.native.createStream(this.index)),
    );
  }

  /** Makes a new event, not recorded yet. */
  event(): CudaEvent {
    const fn = 'CudaDevice.event';
    this.checkAlive(fn);
    return createEvent(this, fn);
  }

  /**
   * Captures the work that a function puts on a stream as a CUDA graph, without running it. During the capture this stream is the
   * default stream. Ops may allocate their outputs; keep references to them to read them later. Uploads, downloads and waiting are
   * not allowed.
   *
   * @param stream any stream of the device; the graph can be launched on another
   * @param work a synchronous function; if it throws, the capture is discarded
   * @throws FracConnectionsError ERR_OPTION when `work` is asynchronous or the stream is not one of this device
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
        returned.catch(() => undefined); // the error below is the cause of any later one
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

  /**
   * Resolves when all work on the given streams is done. Without arguments it waits for the device's default stream.
   */
  async synchronize(...streams: CudaStream[]): Promise<void> {
    const fn = 'CudaDevice.synchronize';
    this.checkAlive(fn);
    for (const stream of streams) checkStream(this, fn, stream);
    await Promise.all((streams.length === 0 ? [this.stream] : streams).map(stream => stream.synchronize()));
  }

  /** @internal The stream of calls without a `stream` option. */
  override get current(): CudaStream {
    return this.#captured ?? this.stream;
  }
}
brand(CudaDevice, 'CudaDevice');

/** The properties of a device. Throws if there is no CUDA or if the device cannot be used. */
function usable(info: CudaInfo, index: number): CudaDeviceProperties {
  const fn = 'CudaDevice.open';
  if (!info.available) throw new FracConnectionsError('ERR_CUDA', `${fn}: ${info.reason}`);
  checkInteger(fn, 'index', index, 0, info.devices.length - 1);
  const properties = info.devices[index]!;
  if (properties.unsupported === undefined) return properties;
  const which = `device ${index}, ${properties.name}`;
  throw new FracConnectionsError('ERR_CUDA', `${fn}: ${which}: ${properties.unsupported}`);
}
