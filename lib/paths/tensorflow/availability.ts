import type { CudaExports } from '../../addon/cuda.js';
import type { Addon } from '../../addon/exports.js';
import type { StreamLibrary } from '../../addon/tensorflow.js';
import { infoOf, queryRemark } from '../../cuda/info.js';
import { findNodeBackend } from './backend.js';

/**
 * The reason why ops on a tfjs backend cannot run inside TensorFlow; undefined if they can. Registers the ops if
 * necessary.
 */
export function unavailable({ tensorflow, cuda }: Addon, backend: string): string | undefined {
  if (tensorflow === undefined) return 'the addon was built without TensorFlow';
  if (backend !== 'tensorflow') return `tfjs backend '${backend}' is not TensorFlow`;
  const found = findNodeBackend(backend);
  if (typeof found?.executeMultipleOutputs !== 'function')
    return "backend 'tensorflow' is not that of tfjs-node";
  const { reasons } = tensorflow.register();
  if (reasons.length > 0) return reasons.join('; ');
  const reason = found.isUsingGpuDevice ? gpuUnavailable(cuda) : undefined;
  return reason === undefined ? undefined : `TensorFlow uses a GPU, and ${reason}`;
}

/** The reason why the ops cannot run on the GPU of tfjs-node; undefined if they can. tfjs-node uses the last GPU. */
export function gpuUnavailable(cuda: CudaExports | undefined): string | undefined {
  const info = infoOf(cuda);
  return info.available ? info.devices.at(-1)!.unsupported : info.reason;
}

/**
 * Remarks about ops inside TensorFlow on a GPU: how they synchronise with TensorFlow's ops, and what makes them slow.
 */
export function remarks({ tensorflow, cuda }: Addon, backend: string): string[] {
  if (tensorflow === undefined || !findNodeBackend(backend)?.isUsingGpuDevice) return [];
  const { remark } = queryRemark(cuda!, infoOf(cuda).devices.at(-1)!); // TensorFlow already has a context on this device
  return [`on the GPU, ${describeStream(tensorflow.stream())}`, ...(remark === undefined ? [] : [remark])];
}

/** How the ops synchronise with TensorFlow's ops on its GPU, and why. */
export function describeStream(library: StreamLibrary | undefined): string {
  if (library?.reason === '') return `ops run on TensorFlow's CUDA stream, found by ${library.file}`;
  const why = library?.reason ?? 'there is no TensorFlow';
  return `each op waits for the device before and after, which is slower: TensorFlow's CUDA stream is unknown (${why})`;
}
