// The paper's claim as a table: Frac-Connections cost no extra width, Hyper-Connections n times the state.
import { countBytes } from '../ops/bytes.mjs';
import { parseShape } from '../ops/shapes.mjs';
import { parseWiring } from './models.mjs';

const SUBLAYERS = 2; // attention and feed-forward, a connection each

/** A line a wiring that was measured in training. */
export function claimTable(rows) {
  const trained = rows.filter(row => row.pass === 'training');
  const base = trained.find(row => row.wiring === 'residual');
  return trained.map(row => ({
    wiring: row.wiring,
    'state, widths': streamsOf(row.wiring),
    'bytes moved /': movedOverResidual(row).toFixed(2),
    'kept, rows': base ? keptRows(row, base).toFixed(2) : '',
    'step time /': row.ofResidual?.toFixed(3) ?? '',
    noisy: row.noisy ? 'noisy' : '',
  }));
}

/** Widths of the layers that the hidden state has: n of a Hyper-Connection, 1 of everything else. */
export function streamsOf(wiring) {
  const { kind, rate } = parseWiring(wiring);
  return kind === 'hyper' ? rate : 1;
}

/** Bytes that a sublayer's wiring must move at least in a training step, over those of h + y and RMSNorm. */
export function movedOverResidual({ wiring, sizes: { dim } }) {
  if (wiring === 'residual') return 1;
  const shape = parseShape(`1x${dim}:${wiring}p`);
  return countBytes('connection', 'both', shape) / countBytes('residual', 'both', shape);
}

/** What tfjs keeps for the backward pass beyond the residual model, in rows of `dim` float32 values a token and sublayer. */
export function keptRows(row, base) {
  const { batch, context, layers, dim } = row.sizes;
  return (row.activationBytes - base.activationBytes) / (4 * dim * batch * context * SUBLAYERS * layers);
}
