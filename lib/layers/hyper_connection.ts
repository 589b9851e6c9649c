import * as tf from '@tensorflow/tfjs-core';
import { HyperConnection } from '../connections/hyper_connection.js';
import type { ModuleOptions } from '../connections/module_options.js';
import {
  ConnectionLayer,
  type ConnectionLayerArgs,
  type Kind,
  PAPER_NAMES,
  PAPERS,
} from './connection_layer.js';

/** Arguments of {@link hyperConnection}. */
export interface HyperConnectionLayerArgs extends ConnectionLayerArgs {
  /** Index of the layer in the network. At first the layer reads the stream `layerIndex mod rate`. */
  layerIndex: number;
}

const HYPER: Kind = {
  fn: 'hyperConnection',
  ...PAPERS,
  names: [...PAPER_NAMES, 'layerIndex'],
  create: options =>
    new HyperConnection(options as unknown as ModuleOptions & { rate: number; layerIndex: number }),
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
 * A tf.layers layer that runs another layer inside a Hyper-Connection (arXiv 2409.19606). The hidden state has `rate`
 * copies, and the layer reads a mixture of them. Use {@link expandStreams} before the first such layer and
 * {@link reduceStreams} after the last.
 *
 * ```text
 * [batch, ..., rate * dim] -> [batch, ..., rate * dim]        the layer inside: [batch, ..., dim] -> [batch, ..., dim]
 * ```
 *
 * Weights, masks, saving and freezing work as in {@link fracConnection}.
 *
 * @param args `layer`, `rate` (1 to 16), `layerIndex`, the flags of {@link HyperConnection}, `regularizer` for the dynamic
 *   weights, and the arguments of every tf.layers layer
 * @throws FracConnectionsError in the same cases as {@link fracConnection}
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
