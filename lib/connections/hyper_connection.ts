import { brand } from '../common/brand.js';
import { checkInteger } from '../common/check.js';
import { MAX_SEGMENTS } from '../contract/options.js';
import { Connection } from './connection.js';
import { type ConnectionJSON, jsonOptions, type ModuleOptions, refuse, withRate } from './module_options.js';

/**
 * Hyper-Connections (arXiv 2409.19606). The network has `rate` copies of the hidden state, the streams. Learned weights
 * decide what the layer reads of each stream, how the streams mix, and how much of the layer's output each takes. Use
 * {@link expandStreams} before the first layer and {@link reduceStreams} after the last.
 *
 * @example
 * ```ts
 * const connections = layers.map((_, layerIndex) => new HyperConnection({ dim: 512, rate: 4, layerIndex }));
 * let state = expandStreams(h, 4);
 * connections.forEach((connection, i) => {
 *   state = connection.apply(state, x => layers[i](x));
 * });
 * h = reduceStreams(state, 4);
 * ```
 */
export class HyperConnection extends Connection {
  /**
   * @param options `rate` is the number of streams, 1 to 16; `layerIndex` is the layer's index in the network, from 0.
   */
  constructor(options: ModuleOptions & { rate: number; layerIndex: number }) {
    const { rate, ...rest } = withRate('HyperConnection', options, MAX_SEGMENTS);
    refuse('HyperConnection', rest, ['streams', 'fractions']);
    checkInteger('HyperConnection', 'layerIndex', rest.layerIndex, 0);
    super({ ...rest, streams: rate, fractions: 1 });
  }

  override get type(): string {
    return 'HyperConnection';
  }

  override toJSON(): ConnectionJSON {
    const { streams, fractions: _f, ...rest } = super.toJSON();
    return { ...rest, rate: streams };
  }

  static override fromJSON(json: ConnectionJSON): HyperConnection {
    const options = jsonOptions('HyperConnection', json);
    return new HyperConnection(options as unknown as ModuleOptions & { rate: number; layerIndex: number });
  }
}
brand(HyperConnection, 'HyperConnection');
