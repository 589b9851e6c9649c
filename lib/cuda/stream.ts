import { checkIs } from './checks.js';
import { CudaEvent } from './event.js';
import { nativeCall, nativePromise } from './native_call.js';
import { CudaResource } from './resource.js';

/**
 * Work of a device in order: what is put on a stream runs after what was put on it before. Streams do not wait for each other,
 * unless told to by {@link CudaStream.wait}. Made by {@link CudaDevice.createStream}.
 */
export class CudaStream extends CudaResource {
  /** Sets an event, or a new one, to this point in the stream's work. */
  record(event: CudaEvent = this.device.event()): CudaEvent {
    const fn = 'CudaStream.record';
    checkIs(fn, 'event', event, CudaEvent);
    const { native } = this.device;
    nativeCall(fn, () => native.record(this.handle(fn, 'the stream'), event.handle(fn, 'event')));
    return event;
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
