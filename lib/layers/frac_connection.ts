import * as tf from '@tensorflow/tfjs-core';
import { FracConnection } from '../connections/frac_connection.js';
import { ConnectionLayer, type ConnectionLayerArgs, type Kind } from './connection_layer.js';

const FRAC: Kind = {
  fn: 'fracConnection',
  names: [],
  create: ({ layerIndex: _, ...options }) => new FracConnection(options),
  streams: () => 1,
};

/** The class behind {@link fracConnection}. */
export class FracConnectionLayer extends ConnectionLayer {
  static readonly className = 'FracConnection';

  constructor(args: ConnectionLayerArgs) {
    super(FRAC, args);
  }
}
tf.serialization.registerClass(FracConnectionLayer);

/**
 * A tf.layers layer that puts a Frac-Connection (arXiv 2503.14125) around another, where a model has `tf.layers.add` of a
 * layer and its input.
 *
 * ```text
 * [batch, ..., dim] -> [batch, ..., dim]        dim a multiple of rate
 * ```
 *
 * With its initial weights it computes `h + layer(h)`; with `prenorm` `h + layer(RMSNorm(h))`. Works in `tf.sequential` and
 * functional models, `fit`, `summary`, `save` and `tf.loadLayersModel`; importing this module registers the class. Its
 * weights have the names of the paper's code, after the layer's own: `my_layer/static_alpha`. A mask passes through
 * and reaches the layer inside. `trainable = false` freezes that too.
 *
 * @param args `layer`, `rate` (1 to 8), the flags of {@link FracConnection}, `regularizer` for the dynamic weights, and what
 *   every tf.layers layer takes
 * @throws FracConnectionsError ERR_OPTION for a wrong option; ERR_SHAPE, when the input's shape is known, unless its last
 *   size is a multiple of `rate` and the layer keeps the shape
 *
 * @example
 * ```ts
 * const model = tf.sequential();
 * model.add(tf.layers.dense({ units: 64, inputShape: [16] }));
 * model.add(fracConnection({ layer: tf.layers.dense({ units: 64, activation: 'relu' }), rate: 4, prenorm: true }));
 * model.add(tf.layers.dense({ units: 10, activation: 'softmax' }));
 * ```
 */
export function fracConnection(args: ConnectionLayerArgs): FracConnectionLayer {
  return new FracConnectionLayer(args);
}
