/// <reference lib="esnext.disposable" preserve="true" />

import type { CudaExports, Handle } from '../addon/cuda.js';
import { FracConnectionsError } from '../common/errors.js';
import type { CudaDeviceBase } from './device_base.js';

interface Held {
  cuda: CudaExports;
  handle: Handle;
  live: Set<Handle>;
}

// Frees resources that were garbage collected without being disposed of. An entry has only numbers and the device's set
// of handles, so it does not keep the resource alive.
const unreachable = new FinalizationRegistry<Held>(held => free(held));

function free({ cuda, handle, live }: Held): void {
  live.delete(handle);
  cuda.release(handle);
}

/** An object on a device. It is freed by `dispose`, with its device, or some time after it becomes unreachable. */
export abstract class CudaResource {
  readonly #held: Held;
  #disposed = false;

  /** @internal */
  constructor(
    /** The device of this object. */
    readonly device: CudaDeviceBase,
    handle: Handle,
  ) {
    const { native: cuda, live } = device;
    this.#held = { cuda, handle, live };
    live.add(handle);
    unreachable.register(this, this.#held, this);
  }

  /** Whether this object or its device was disposed of. */
  get isDisposed(): boolean {
    return this.#disposed || this.device.isDisposed;
  }

  /**
   * Frees this object. Work already on a stream, and graphs, can still use it. A second call does nothing.
   */
  dispose(): void {
    if (this.isDisposed) return;
    this.#disposed = true;
    unreachable.unregister(this);
    free(this.#held);
  }

  /** For `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /**
   * @internal The handle. Throws if disposed; `fn` and `name` are the call and the argument's name, for the message.
   */
  handle(fn: string, name: string): Handle {
    if (!this.isDisposed) return this.#held.handle;
    throw new FracConnectionsError('ERR_DISPOSED', `${fn}: ${name} must not be disposed`);
  }
}
