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
 * Work of a device in order: what is put on a stream runs after what was put on it before. Streams do not wait for each other,
 * unless told to by {@link CudaStream.wait}. Made by {@link CudaDevice.createStream}.
 */
export class CudaStream extends CudaResource {
  /** Sets an event, or a new one, to this point in the stream's work. */
  record(event?: CudaEvent): CudaEvent {
    const fn = 'CudaStream.record';
    const { native } = this.device;
    const handle = this.handle(fn, 'the stream');
    const point = event ?? createEvent(this.device, fn);
    checkIs(fn, 'event', point, CudaEvent);
    nativeCall(fn, () => native.record(handle, point.handle(fn, 'event')));
    return point;
  }

  /** Lets what is put on this stream from now on wait for an event, of another stream say. */
  wait(event: CudaEvent): void {
    const fn = 'CudaStream.wait';
    checkIs(fn, 'event', event, CudaEvent);
    const { native } = this.device;
    nativeCall(fn, () => native.wait(this.handle(fn, 'the stream'), event.handle(fn, 'event')));
  }

  /** Resolves when all that is on the stream now is done; rejects if it failed. */
  async synchronize(): Promise<void> {
    const fn = 'CudaStream.synchronize';
    await nativePromise(fn, () => this.device.native.synchronize(this.handle(fn, 'the stream')));
  }
}
brand(CudaStream, 'CudaStream');

/** Where a call puts its work. */
export interface OnStream {
  /** Default: the device's own stream, or the one that is being captured. */
  stream?: CudaStream;
}

/** Throws unless it is a stream of this device. */
export function checkStream(device: CudaDeviceBase, fn: string, stream: CudaStream): void {
  checkIs(fn, 'stream', stream, CudaStream);
  if (stream.device === device) return;
  throw new FracConnectionsError('ERR_OPTION', `${fn}: stream must be one of the same device`);
}

/** The handle of the stream that a call asks for. */
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
