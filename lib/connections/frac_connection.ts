import { brand } from '../common/brand.js';
import { optionError } from '../common/check.js';
import { MAX_FRACTIONS } from '../contract/options.js';
import { Connection } from './connection.js';
import { type ConnectionJSON, jsonOptions, type ModuleOptions, refuse, withRate } from './module_options.js';

/**
 * Frac-Connections (arXiv 2503.14125): the hidden state is cut into `rate` fractions, and learned weights decide what the
 * layer reads of each, how they mix, and how much of the output each takes. No extra width.
 *
 * Initial weights are Eq. 15's: the network computes just what the pre-norm residual network computes.
 *
 * @example
 * ```ts
 * const connection = new FracConnection({ dim: 512, rate: 4 });
 * h = connection.apply(h, x => layer(norm(x))); // where it said h = h + layer(norm(h))
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
