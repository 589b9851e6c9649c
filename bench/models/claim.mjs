// A table for the claim of the paper: Frac-Connections need no wider state, Hyper-Connections need n times the state.
import { countBytes } from '../ops/bytes.mjs';
import { parseShape } from '../ops/shapes.mjs';
import { parseWiring } from './models.mjs';

const SUBLAYERS = 2; // attention and feed-forward, each with a connection

/** One line for each wiring that was measured in training. */
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

/** Width of the hidden state as a multiple of the layers' width: n for Hyper-Connections, otherwise 1. */
export function streamsOf(wiring) {
  const { kind, rate } = parseWiring(wiring);
  return kind === 'hyper' ? rate : 1;
}

/**
 * The least bytes that the wiring of a sublayer must move in a training step, relative to those of h + y and RMSNorm.
 */
export function movedOverResidual({ wiring, sizes: { dim } }) {
  if (wiring === 'residual') return 1;
  const shape = parseShape(`1x${dim}:${wiring}p`);
  return countBytes('connection', 'both', shape) / countBytes('residual', 'both', shape);
}

/**
 * The memory that tfjs keeps for the backward pass in addition to the residual model, in rows of `dim` floats per token
 * and sublayer.
 */
export function keptRows(row, base) {
  const { batch, context, layers, dim } = row.sizes;
  return (row.activationBytes - base.activationBytes) / (4 * dim * batch * context * SUBLAYERS * layers);
}
