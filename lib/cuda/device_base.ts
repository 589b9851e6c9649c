/// <reference lib="esnext.disposable" preserve="true" />
import type { CudaExports, Handle } from '../addon/cuda.js';
import { FracConnectionsError } from '../common/errors.js';
import type { CudaDeviceProperties } from './info.js';
import { nativeCall } from './native_call.js';

/** @internal What has a handle, for a call of `fn` where it goes by `name`. */
export interface HasHandle {
  handle(fn: string, name: string): Handle;
}

/**
 * A {@link CudaDevice} as its streams, events, graphs and tensors know it: everything but what it makes. Apart from that class, so
 * that the files of what it makes do not import the file that makes them.
 */
export abstract class CudaDeviceBase {
  readonly properties: CudaDeviceProperties;

  /** @internal */
  readonly native: CudaExports;
  /** @internal Handles of all that is alive on the device. */
  readonly live = new Set<Handle>();
  #disposed = false;

  /** @internal */
  constructor(native: CudaExports, properties: CudaDeviceProperties) {
    this.native = native;
    this.properties = properties;
  }

  /** The stream that calls use unless they are given another. */
  abstract readonly stream: HasHandle;

  /** @internal The stream that calls use which name none: the one that is being captured, or {@link stream}. */
  abstract get current(): HasHandle;

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
    this.checkAlive(fn);
    return nativeCall(fn, () => this.native.memory(this.index));
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

  /** @internal Throws once the device is disposed of. */
  checkAlive(fn: string): void {
    if (!this.#disposed) return;
    throw new FracConnectionsError('ERR_DISPOSED', `${fn}: the device must not be disposed`);
  }
}
