import type { Handle } from '../addon/cuda.js';
import { brand } from '../common/brand.js';
import { checkNames, optionError } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';
import { checkIs } from './checks.js';
import type { CudaDeviceBase } from './device_base.js';
import { CudaEvent, createEvent } from './event.js';
import { nativeCall, nativePromise } from './native_call.js';
import { CudaResource } from './resource.js';

/**
 * A CUDA stream: a queue whose work runs in order. Streams do not wait for each other, except by
 * {@link CudaStream.wait}. {@link CudaDevice.createStream} makes a stream.
 */
export class CudaStream extends CudaResource {
  /** Records an event at this point of the stream's work, and returns it. Without an argument it makes a new event. */
  record(event?: CudaEvent): CudaEvent {
    const fn = 'CudaStream.record';
    const { native } = this.device;
    const handle = this.handle(fn, 'the stream');
    const point = event ?? createEvent(this.device, fn);
    checkIs(fn, 'event', point, CudaEvent);
    nativeCall(fn, () => native.record(handle, point.handle(fn, 'event')));
    return point;
  }

  /** Makes all later work on this stream wait for an event, which may be of another stream. */
  wait(event: CudaEvent): void {
    const fn = 'CudaStream.wait';
    checkIs(fn, 'event', event, CudaEvent);
    const { native } = this.device;
    nativeCall(fn, () => native.wait(this.handle(fn, 'the stream'), event.handle(fn, 'event')));
  }

  /** Resolves when all work now on the stream is done; rejects if that work failed. */
  async synchronize(): Promise<void> {
    const fn = 'CudaStream.synchronize';
    await nativePromise(fn, () => this.device.native.synchronize(this.handle(fn, 'the stream')));
  }
}
brand(CudaStream, 'CudaStream');

/** The stream on which a call puts its work. */
export interface OnStream {
  /** Default: the stream that is being captured, or else the device's default stream. */
  stream?: CudaStream;
}

/** Throws unless `stream` is a stream of this device. */
export function checkStream(device: CudaDeviceBase, fn: string, stream: CudaStream): void {
  checkIs(fn, 'stream', stream, CudaStream);
  if (stream.device === device) return;
  throw new FracConnectionsError('ERR_OPTION', `${fn}: stream must belong to the same device`);
}

/** The handle of the stream that a call uses. */
export function streamOf(
  fn: string,
  device: CudaDeviceBase,
  on: OnStream,
  names: string[] = ['stream'],
): Handle {
  if (typeof on !== 'object' || on === null) throw optionError(fn, 'options', 'must be an object', on);
  checkNames(fn, on, names);
  if (on.stream === undefined) return device.current.handle(fn, 'stream');
  checkStream(device, fn, on.stream);
  return on.stream.handle(fn, 'stream');
}
