import * as tf from '@tensorflow/tfjs-core';
import { HyperConnection } from '../connections/hyper_connection.js';
import { ConnectionLayer, type ConnectionLayerArgs, type Kind } from './connection_layer.js';

/** What {@link hyperConnection} takes. */
export interface HyperConnectionLayerArgs extends ConnectionLayerArgs {
  /** Place of the layer in the network; stream `layerIndex mod rate` is read first. */
  layerIndex: number;
}

const HYPER: Kind = {
  fn: 'hyperConnection',
  names: ['layerIndex'],
  create: options => new HyperConnection(options),
  streams: rate => rate,
};

/** The class behind {@link hyperConnection}. */
export class HyperConnectionLayer extends ConnectionLayer {
  static readonly className = 'HyperConnection';

  constructor(args: HyperConnectionLayerArgs) {
    super(HYPER, args);
  }
}
tf.serialization.registerClass(HyperConnectionLayer);

/**
 * A tf.layers layer that puts a Hyper-Connection (arXiv 2409.19606) around another: `rate` copies of the hidden state, of
 * which the layer reads a mixture. Starts after {@link expandStreams}, ends with {@link reduceStreams}.
 *
 * ```text
 * [batch, ..., rate * dim] -> [batch, ..., rate * dim]        the layer inside: [batch, ..., dim] -> the same
 * ```
 *
 * In all else as {@link fracConnection}.
 *
 * @param args `layer`, `rate` (1 to 16), `layerIndex`, the flags of {@link HyperConnection}, `regularizer` for the dynamic
 *   weights, and what every tf.layers layer takes
 * @throws FracConnectionsError as {@link fracConnection}
 *
 * @example
 * ```ts
 * const model = tf.sequential();
 * model.add(expandStreams({ n: 4, inputShape: [64] }));
 * for (let layerIndex = 0; layerIndex < 3; layerIndex++) {
 *   model.add(hyperConnection({ layer: tf.layers.dense({ units: 64 }), rate: 4, layerIndex }));
 * }
 * model.add(reduceStreams({ n: 4 }));
 * ```
 */
export function hyperConnection(args: HyperConnectionLayerArgs): HyperConnectionLayer {
  return new HyperConnectionLayer(args);
}
