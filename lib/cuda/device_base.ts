/// <reference lib="esnext.disposable" preserve="true" />
import type { CudaExports, Handle } from '../addon/cuda.js';
import { FracConnectionsError } from '../common/errors.js';
import type { CudaDeviceProperties } from './info.js';
import { nativeCall } from './native_call.js';

/** @internal An object with a handle. `fn` and `name` are the call and the argument's name, for error messages. */
export interface HasHandle {
  handle(fn: string, name: string): Handle;
}

/**
 * The part of a {@link CudaDevice} that its streams, events, graphs and tensors use. It is a class of its own so that
 * their files do not import the file of CudaDevice, which imports theirs.
 */
export abstract class CudaDeviceBase {
  readonly properties: CudaDeviceProperties;

  /** @internal */
  readonly native: CudaExports;
  /** @internal Handles of all live objects on the device. */
  readonly live = new Set<Handle>();
  #disposed = false;

  /** @internal */
  constructor(native: CudaExports, properties: CudaDeviceProperties) {
    this.native = native;
    this.properties = properties;
  }

  /** @internal The default stream of calls without a `stream` option. */
  abstract readonly stream: HasHandle;

  /** @internal The stream of calls without a `stream` option: the one that is being captured, or {@link stream}. */
  abstract get current(): HasHandle;

  /** Index of the device. */
  get index(): number {
    return this.properties.index;
  }

  /** Whether the device was disposed of. */
  get isDisposed(): boolean {
    return this.#disposed;
  }

  /** Bytes of device memory: those that are free, and the total. */
  memory(): { free: number; total: number } {
    const fn = 'CudaDevice.memory';
    this.checkAlive(fn);
    return nativeCall(fn, () => this.native.memory(this.index));
  }

  /** Frees everything made on the device. A second call does nothing. */
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

  /** @internal Throws once the device is disposed of. */
  checkAlive(fn: string): void {
    if (!this.#disposed) return;
    throw new FracConnectionsError('ERR_DISPOSED', `${fn}: the device must not be disposed`);
  }
}
