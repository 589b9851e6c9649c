import { brand } from '../common/brand.js';
import { checkIs } from './checks.js';
import type { CudaDeviceBase } from './device_base.js';
import { nativeCall, nativePromise } from './native_call.js';
import { CudaResource } from './resource.js';

/**
 * A point in the work of a stream. {@link CudaDevice.event} makes an event, and {@link CudaStream.record} sets its
 * point.
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
  /** Resolves when the work before this point is done; at once if the event was never recorded. */
  async reached(): Promise<void> {
    const fn = 'CudaEvent.reached';
    await nativePromise(fn, () => this.device.native.reached(this.handle(fn, 'the event')));
  }

  /**
   * Resolves with the milliseconds on the device from another event to this one, once both are reached.
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

/** Makes a new event on a device, not recorded yet. */
export const createEvent = (device: CudaDeviceBase, fn: string): CudaEvent =>
  new CudaEvent(
    device,
    nativeCall(fn, () => device.native.createEvent(device.index)),
  );
