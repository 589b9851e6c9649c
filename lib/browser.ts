/**
 * Frac-Connections and Hyper-Connections for TensorFlow.js.
 *
 * @packageDocumentation
 */
export {
  type Branch,
  Connection,
  type ConnectionJSON,
  FracConnection,
  HyperConnection,
  type JointOptions,
  type Mix,
  type ModuleOptions,
} from './connection.js';
export {
  type CountOptions,
  countFlops,
  countParameters,
  type FlopCount,
  type ParameterCount,
} from './count.js';
export { type ErrorCode, FracConnectionsError } from './errors.js';
export { fracDepth } from './ops/frac_depth.js';
export { type DepthWidthResult, fracDepthWidth } from './ops/frac_depth_width.js';
export { fracWidth, type WidthResult } from './ops/frac_width.js';
export type { ConnectionOptions, Norm } from './options.js';
export type { Path } from './paths.js';
export { path, type RuntimeInfo, runtimeInfo, setPath } from './runtime.js';
export { decodeSafetensors, encodeSafetensors, type Safetensors } from './safetensors.js';
export { ConnectionStack, type StackOptions } from './stack.js';
export type { StateDict } from './state.js';
export { expandStreams, reduceStreams } from './streams.js';
export type { ConnectionWeights, WeightName } from './weights.js';
