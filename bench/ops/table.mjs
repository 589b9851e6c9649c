import { compositionOf } from './contenders.mjs';

/** A table of rows. */
export function opsTable(rows) {
  const of = value => (value === null ? '' : value.toFixed(2));
  return rows.map(row => ({
    op: row.op,
    pass: row.pass,
    path: row.path,
    us: row.us.toFixed(1),
    '± %': (100 * row.spread).toFixed(0),
    'GB/s': row.gbps === null ? '' : row.gbps.toFixed(1),
    'copy %': row.percentOfCopy === null ? '' : row.percentOfCopy.toFixed(0),
    '/ composition': compositionOf(row.path) ? of(row.ofComposition) : '',
    '/ residual': of(row.ofResidual),
    noisy: row.noisy ? 'noisy' : '',
  }));
}
