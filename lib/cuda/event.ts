import { brand } from '../common/brand.js';
import { checkIs } from './checks.js';
import type { CudaDeviceBase } from './device_base.js';
import { nativeCall, nativePromise } from './native_call.js';
import { CudaResource } from './resource.js';

/**
 * A point in a stream's work. Made by {@link CudaDevice.event}, set by {@link CudaStream.record}.
 *
 * @example
 * ```ts
 * const start = device.stream.record();
 * fracWidth(h, weights, options);
 * const end = device.stream.record();
 * console.log(await end.elapsedMs(start), 'ms');
 * ```
 */
export class CudaEvent extends CudaResource {
  /** Resolves when the work before this point is done; at once if it was never recorded. */
  async reached(): Promise<void> {
    const fn = 'CudaEvent.reached';
    await nativePromise(fn, () => this.device.native.reached(this.handle(fn, 'the event')));
  }

  /**
   * Milliseconds on the device from another event to this one, when both are reached.
   *
   * @throws FracConnectionsError ERR_OPTION when one of them was never recorded
   */
  async elapsedMs(start: CudaEvent): Promise<number> {
    const fn = 'CudaEvent.elapsedMs';
    checkIs(fn, 'start', start, CudaEvent);
    return nativePromise(fn, () =>
      this.device.native.elapsed(start.handle(fn, 'start'), this.handle(fn, 'the event')),
    );
  }
}
brand(CudaEvent, 'CudaEvent');

/** A new event on a device, not recorded yet. */
export const createEvent = (device: CudaDeviceBase, fn: string): CudaEvent =>
  new CudaEvent(
    device,
    nativeCall(fn, () => device.native.createEvent(device.index)),
  );
