/// <reference lib="esnext.disposable" preserve="true" />

import type { CudaExports, Handle } from '../addon/cuda.js';
import { FracConnectionsError } from '../common/errors.js';
import type { CudaDeviceBase } from './device_base.js';

interface Held {
  cuda: CudaExports;
  handle: Handle;
  live: Set<Handle>;
}

// What was forgotten and never disposed of. Held are numbers alone, so nothing is kept alive by being listed.
const forgotten = new FinalizationRegistry<Held>(held => free(held));

function free({ cuda, handle, live }: Held): void {
  live.delete(handle);
  cuda.release(handle);
}

/** What lives on a device: it is freed by `dispose`, with its device, or some time after nothing refers to it any more. */
export abstract class CudaResource {
  readonly #held: Held;
  #disposed = false;

  /** @internal */
  constructor(
    /** The device it lives on. */
    readonly device: CudaDeviceBase,
    handle: Handle,
  ) {
    const { native: cuda, live } = device;
    this.#held = { cuda, handle, live };
    live.add(handle);
    forgotten.register(this, this.#held, this);
  }

  /** Whether it, or its device, was disposed of. */
  get isDisposed(): boolean {
    return this.#disposed || this.device.isDisposed;
  }

  /**
   * Frees it. Work that was put on a stream before still has it, and so has a graph. A second call does nothing.
   */
  dispose(): void {
    if (this.isDisposed) return;
    this.#disposed = true;
    forgotten.unregister(this);
    free(this.#held);
  }

  /** For `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal The handle, for a call of `fn` where this goes by `name`. */
  handle(fn: string, name: string): Handle {
    if (!this.isDisposed) return this.#held.handle;
    throw new FracConnectionsError('ERR_DISPOSED', `${fn}: ${name} must not be disposed`);
  }
}
