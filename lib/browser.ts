/**
 * Frac-Connections and Hyper-Connections for TensorFlow.js: the entry for browsers.
 *
 * @packageDocumentation
 */

export { type ErrorCode, FracConnectionsError } from './common/errors.js';
export {
  BaseConnection,
  type Branch,
  type ConnectionSizes,
  type Mix,
} from './connections/base_connection.js';
export { Connection } from './connections/connection.js';
export { ConnectionStack, type StackOf, type StackOptions } from './connections/connection_stack.js';
export {
  type CountOptions,
  countFlops,
  countParameters,
  type FlopCount,
  type ParameterCount,
} from './connections/count.js';
export type { ManifoldCountOptions } from './connections/count_manifold.js';
export { FracConnection } from './connections/frac_connection.js';
export { HyperConnection } from './connections/hyper_connection.js';
export { ManifoldConnection, type ManifoldOptions } from './connections/manifold_connection.js';
export { type Coefficients, MixedConnection, type MixedOptions } from './connections/mixed_connection.js';
export type { Mixing } from './connections/mixing.js';
export type { ConnectionJSON, JointOptions, ModuleOptions } from './connections/module_options.js';
export type { ManifoldForm } from './connections/sinkhorn.js';
export type { StateDict } from './connections/state_dict.js';
export { expandStreams, type Reduction, reduceStreams } from './connections/streams.js';
export { StreamsHead, type StreamsHeadOptions } from './connections/streams_head.js';
export type { ConnectionOptions, Norm, OpOptions } from './contract/options.js';
export type { ConnectionWeights, WeightName } from './contract/weights.js';
export { fracDepth } from './ops/frac_depth.js';
export { type DepthReadResult, fracDepthRead } from './ops/frac_depth_read.js';
export { type DepthWidthResult, fracDepthWidth } from './ops/frac_depth_width.js';
export { fracRead, type ReadWeights } from './ops/frac_read.js';
export { fracWidth, type WidthResult } from './ops/frac_width.js';
export type { Path } from './paths/paths.js';
export { path, type RuntimeInfo, runtimeInfo, setPath } from './paths/runtime.js';
export { decodeSafetensors, encodeSafetensors, type Safetensors } from './safetensors/safetensors.js';
