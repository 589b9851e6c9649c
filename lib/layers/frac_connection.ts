import * as tf from '@tensorflow/tfjs-core';
import { FracConnection } from '../connections/frac_connection.js';
import type { ModuleOptions } from '../connections/module_options.js';
import {
  ConnectionLayer,
  type ConnectionLayerArgs,
  type Kind,
  PAPER_NAMES,
  PAPERS,
} from './connection_layer.js';

const FRAC: Kind = {
  fn: 'fracConnection',
  ...PAPERS,
  names: PAPER_NAMES,
  create: options => new FracConnection(options as ModuleOptions & { rate: number }),
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
 * A tf.layers layer that runs another layer inside a Frac-Connection (arXiv 2503.14125). It replaces the residual
 * connection, the `tf.layers.add` of a layer's output and its input.
 *
 * ```text
 * [batch, ..., dim] -> [batch, ..., dim]        dim a multiple of rate
 * ```
 *
 * With the initial weights it computes `h + layer(h)`, or `h + layer(RMSNorm(h))` with `prenorm`. It works in `tf.sequential`
 * and functional models, with `fit`, `summary`, `save` and `tf.loadLayersModel`; importing this module registers the class. The
 * weight names are those of the paper's code after the name of the layer: `my_layer/static_alpha`. The mask passes through, and
 * the layer inside gets it too. `trainable = false` also freezes the layer inside.
 *
 * @param args `layer`, `rate` (1 to 8), the flags of {@link FracConnection}, `regularizer` for the dynamic weights, and the
 *   arguments of every tf.layers layer
 * @throws FracConnectionsError ERR_OPTION for a wrong option; ERR_SHAPE, once the shape of the input is known, if its last
 *   size is not a multiple of `rate` or if the layer changes the shape
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
