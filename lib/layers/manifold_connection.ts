import * as tf from '@tensorflow/tfjs-core';
import {
  MANIFOLD_NAMES,
  ManifoldConnection,
  type ManifoldOptions,
  ruleOf,
} from '../connections/manifold_connection.js';
import { type ManifoldWeights, manifoldCoefficients } from '../connections/manifold_rule.js';
import { fracRead } from '../ops/frac_read.js';
import { ConnectionLayer, type Kind, type WrapperArgs } from './connection_layer.js';

/** Arguments of {@link manifoldConnection}, in addition to those of every tf.layers layer. */
export type ManifoldLayerArgs = WrapperArgs & Omit<ManifoldOptions, 'dim'>;

const MANIFOLD: Kind = {
  fn: 'manifoldConnection',
  names: MANIFOLD_NAMES.filter(name => name !== 'dim' && name !== 'rate'),
  create: options => new ManifoldConnection(options as unknown as ManifoldOptions),
  weights(module) {
    const { weights, prenormGamma } = module as ManifoldConnection;
    return { ...weights, ...(prenormGamma && { prenormGamma }) };
  },
  width(h, { prenormGamma, ...weights }, config, options) {
    const rule = ruleOf(config as unknown as Required<ManifoldOptions>);
    const { alpha, beta } = manifoldCoefficients(h, weights as unknown as ManifoldWeights, rule);
    return { x: fracRead(h, alpha, options, prenormGamma && { prenormGamma }), alpha, beta };
  },
  streams: rate => rate,
};

/** The class behind {@link manifoldConnection}. */
export class ManifoldConnectionLayer extends ConnectionLayer {
  static readonly className = 'ManifoldConnection';

  constructor(args: ManifoldLayerArgs) {
    super(MANIFOLD, args);
  }
}
tf.serialization.registerClass(ManifoldConnectionLayer);

/**
 * A tf.layers layer that runs another layer inside a Manifold-Constrained Hyper-Connection (mHC, arXiv 2512.24880). The hidden state has
 * `rate` copies. Use {@link expandStreams} before the first such layer, and `reduceStreams({ n: rate, reduction: 'mean' })` after the
 * last.
 *
 * ```text
 * [batch, ..., rate * dim] -> [batch, ..., rate * dim]        the layer inside: [batch, ..., dim] -> [batch, ..., dim]
 * ```
 *
 * Weights, masks, saving and freezing work as in {@link fracConnection}. The weights are `fn`, `base` and `scale`.
 *
 * @param args `layer`, `rate` (1 to 16), `layerIndex`, the options of {@link ManifoldConnection}, `regularizer` for `fn`, and the
 *   arguments of every tf.layers layer
 * @throws FracConnectionsError in the same cases as {@link fracConnection}
 *
 * @example
 * ```ts
 * const model = tf.sequential();
 * model.add(expandStreams({ n: 4, inputShape: [64] }));
 * for (let layerIndex = 0; layerIndex < 3; layerIndex++) {
 *   model.add(manifoldConnection({ layer: tf.layers.dense({ units: 64 }), rate: 4, layerIndex, prenorm: true }));
 * }
 * model.add(reduceStreams({ n: 4, reduction: 'mean' }));
 * ```
 */
export function manifoldConnection(args: ManifoldLayerArgs): ManifoldConnectionLayer {
  return new ManifoldConnectionLayer(args);
}
