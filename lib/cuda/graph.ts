import { brand } from '../common/brand.js';
import { checkIs } from './checks.js';
import { nativeCall } from './native_call.js';
import { CudaResource } from './resource.js';
import { CudaStream } from './stream.js';

/**
 * A CUDA graph: captured work that one call launches, any number of times. {@link CudaDevice.capture} makes it. It
 * reads and writes the tensors of the capture, and keeps their memory allocated even after they are disposed of.
 */
export class CudaGraph extends CudaResource {
  /** Puts the work on a stream; default: the device's default stream. */
  launch(stream?: CudaStream): void {
    const fn = 'CudaGraph.launch';
    const { native, stream: own } = this.device;
    if (stream !== undefined) checkIs(fn, 'stream', stream, CudaStream);
    nativeCall(fn, () => native.launch((stream ?? own).handle(fn, 'stream'), this.handle(fn, 'the graph')));
  }
}
brand(CudaGraph, 'CudaGraph');
