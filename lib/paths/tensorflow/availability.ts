import type { CudaExports } from '../../addon/cuda.js';
import type { Addon } from '../../addon/exports.js';
import type { StreamLibrary } from '../../addon/tensorflow.js';
import { askForRemark, infoOf } from '../../cuda/info.js';
import { findNodeBackend } from './backend.js';

/** Why ops on a tfjs backend cannot run inside TensorFlow, or undefined when they can; defines them if need be. */
export function unavailable({ tensorflow, cuda }: Addon, backend: string): string | undefined {
  if (tensorflow === undefined) return 'the addon was built without it';
  if (backend !== 'tensorflow') return `tfjs backend '${backend}' is not TensorFlow`;
  const found = findNodeBackend(backend);
  if (typeof found?.executeMultipleOutputs !== 'function') return "its backend is not tfjs-node's";
  const { reasons } = tensorflow.register();
  if (reasons.length > 0) return reasons.join('; ');
  const reason = found.isUsingGpuDevice ? gpuUnavailable(cuda) : undefined;
  return reason === undefined ? undefined : `TensorFlow uses a GPU, and ${reason}`;
}

/** Why the ops cannot run on the GPU that tfjs-node takes, which is the last; undefined when they can. */
export function gpuUnavailable(cuda: CudaExports | undefined): string | undefined {
  const info = infoOf(cuda);
  return info.available ? info.devices.at(-1)!.unsupported : info.reason;
}

/** What to know of ops inside TensorFlow: on a GPU, how they keep in order with TensorFlow's own, and what makes them slow. */
export function remarks({ tensorflow, cuda }: Addon, backend: string): string[] {
  if (tensorflow === undefined || !findNodeBackend(backend)?.isUsingGpuDevice) return [];
  const { remark } = askForRemark(cuda!, infoOf(cuda).devices.at(-1)!); // TensorFlow has made a context on it
  return [`on the GPU, ${describeStream(tensorflow.stream())}`, ...(remark === undefined ? [] : [remark])];
}

/** How the ops keep in order with TensorFlow's own on its GPU, and why. */
export function describeStream(library: StreamLibrary | undefined): string {
  if (library?.reason === '') return `in TensorFlow's own stream, by ${library.file}`;
  const why = library?.reason ?? 'there is no TensorFlow';
  return `waiting for it before and after each op, which is slower: TensorFlow's stream is not known (${why})`;
}
