/**
 * Frac-Connections and Hyper-Connections as tf.layers. Importing this module registers the classes for
 * `tf.loadLayersModel`.
 *
 * @packageDocumentation
 */
export {
  ConnectionLayer,
  type ConnectionLayerArgs,
  type LayerArgs,
  type WrapperArgs,
} from './connection_layer.js';
export { FracConnectionLayer, fracConnection } from './frac_connection.js';
export {
  HyperConnectionLayer,
  type HyperConnectionLayerArgs,
  hyperConnection,
} from './hyper_connection.js';
export {
  ManifoldConnectionLayer,
  type ManifoldLayerArgs,
  manifoldConnection,
} from './manifold_connection.js';
export type { Regularizer, SerializedObject } from './serialization.js';
export {
  ExpandStreams,
  expandStreams,
  ReduceStreams,
  type ReduceStreamsArgs,
  reduceStreams,
  type StreamsArgs,
} from './streams.js';
