/**
 * Frac-Connections on CUDA devices without TensorFlow.js: device tensors in float32, bfloat16 or float16, streams, CUDA
 * graphs, and the forward and backward pass of every op. It runs in Node, and needs the native addon with CUDA and a
 * recent NVIDIA driver; {@link cudaInfo} says what is missing.
 *
 * @example
 * ```ts
 * import { CudaDevice, cudaInfo, fracDepth, fracWidth } from 'frac-connections/cuda';
 *
 * const info = cudaInfo();
 * if (!info.available) {
 *   console.log(`no CUDA here: ${info.reason}`);
 * } else {
 *   const device = CudaDevice.open();
 *   const options = { dim: 4, fractions: 2, dynamicAlpha: false, dynamicBeta: false };
 *   const h = await device.tensor(Float32Array.of(1, 2, 3, 4), [1, 4], 'bfloat16');
 *   const staticAlpha = await device.tensor(Float32Array.of(1, 0, 1, 0, 0, 1, 0, 1), [2, 4]);
 *   const staticBeta = await device.tensor(Float32Array.of(1, 1), [2]);
 *   const { x, alpha, beta } = fracWidth(h, { staticAlpha, staticBeta }, options);
 *   const next = fracDepth(h, x, alpha, beta, options); // with the identity as the layer: h + h
 *   console.log(await next.download()); // Float32Array [2, 4, 6, 8]
 *   device.dispose();
 * }
 * ```
 *
 * @packageDocumentation
 */
export { type ErrorCode, FracConnectionsError } from '../common/errors.js';
export type { ConnectionOptions, Norm, OpOptions } from '../contract/options.js';
export type { ConnectionWeights } from '../contract/weights.js';
export { CudaDevice } from './device.js';
export { CudaDeviceBase } from './device_base.js';
export { CudaEvent } from './event.js';
export { type CudaDepthGradients, fracDepth, fracDepthGrad } from './frac_depth.js';
export {
  type CudaDepthReadGradients,
  type CudaDepthReadResult,
  type CudaDepthReadUpstream,
  fracDepthRead,
  fracDepthReadGrad,
} from './frac_depth_read.js';
export {
  type CudaDepthWidthGradients,
  type CudaDepthWidthResult,
  type CudaDepthWidthUpstream,
  fracDepthWidth,
  fracDepthWidthGrad,
} from './frac_depth_width.js';
export {
  type CudaReadGradients,
  type CudaReadUpstream,
  fracRead,
  fracReadGrad,
} from './frac_read.js';
export {
  type CudaWidthGradients,
  type CudaWidthResult,
  type CudaWidthUpstream,
  fracWidth,
  fracWidthGrad,
} from './frac_width.js';
export { CudaGraph } from './graph.js';
export { type CudaAbsence, type CudaDeviceProperties, type CudaInfo, cudaInfo } from './info.js';
export type { CudaReadWeights, CudaWeights, OpRun } from './op.js';
export { CudaResource } from './resource.js';
export { CudaStream, type OnStream } from './stream.js';
export { type CudaDtype, CudaTensor } from './tensor.js';
