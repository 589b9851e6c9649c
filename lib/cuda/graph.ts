import { brand } from '../common/brand.js';
import { checkIs } from './checks.js';
import { nativeCall } from './native_call.js';
import { CudaResource } from './resource.js';
import { CudaStream } from './stream.js';

/**
 * Work that was captured once and is put on a stream at one stroke, as often as wanted: made by {@link CudaDevice.capture}. It
 * reads and writes the tensors of the capture, and keeps their memory even when they are disposed of.
 */
export class CudaGraph extends CudaResource {
  /** Puts the work on a stream, the device's own by default. */
  launch(stream?: CudaStream): void {
    const fn = 'CudaGraph.launch';
    const { native, stream: own } = this.device;
    if (stream !== undefined) checkIs(fn, 'stream', stream, CudaStream);
    nativeCall(fn, () => native.launch((stream ?? own).handle(fn, 'stream'), this.handle(fn, 'the graph')));
  }
}
brand(CudaGraph, 'CudaGraph');
