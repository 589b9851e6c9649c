import { brand } from '../common/brand.js';
import { optionError } from '../common/check.js';
import { MAX_FRACTIONS } from '../contract/options.js';
import { Connection } from './connection.js';
import { type ConnectionJSON, jsonOptions, type ModuleOptions, refuse, withRate } from './module_options.js';

/**
 * Frac-Connections (arXiv 2503.14125). The hidden state is split into `rate` fractions. Learned weights decide what the
 * layer reads of each fraction, how the fractions mix, and how much of the layer's output each takes. The state is no
 * wider.
 *
 * The initial weights are those of Eq. 15, so the network starts as the pre-norm residual network.
 *
 * @example
 * ```ts
 * const connection = new FracConnection({ dim: 512, rate: 4 });
 * h = connection.apply(h, x => layer(norm(x))); // instead of h = h + layer(norm(h))
 * ```
 */
export class FracConnection extends Connection {
  /** @param options `rate` is the number of fractions, 1 to 8; it divides `dim`. */
  constructor(options: ModuleOptions & { rate: number }) {
    const { rate, ...rest } = withRate('FracConnection', options, MAX_FRACTIONS);
    refuse('FracConnection', rest, ['streams', 'fractions', 'layerIndex']);
    if (rest.dim % rate !== 0)
      throw optionError('FracConnection', 'dim', `must be a multiple of rate = ${rate}`, rest.dim);
    super({ ...rest, streams: 1, fractions: rate });
  }

  override get type(): string {
    return 'FracConnection';
  }

  override toJSON(): ConnectionJSON {
    const { streams: _s, fractions, layerIndex: _l, ...rest } = super.toJSON();
    return { ...rest, rate: fractions };
  }

  static override fromJSON(json: ConnectionJSON): FracConnection {
    return new FracConnection(
      jsonOptions('FracConnection', json) as unknown as ModuleOptions & { rate: number },
    );
  }
}
brand(FracConnection, 'FracConnection');
