// Each op, each pass, on each path that exists here, over a grid of shapes.
import { CONTENDERS, SLOW, SLOW_SIZE } from './contenders.mjs';
import { measureShape } from './measure.mjs';
import { DEFAULT, FULL, parseShape } from './shapes.mjs';

/** What the suite found, and what was left out with the reason. */
export async function runOps({ loop, tell, full, shapes, ops, passes, names, threads, budget }) {
  const words = shapes ?? (full ? FULL : DEFAULT);
  const skipped = new Map();
  const found = [];
  for (const word of words) {
    const shape = parseShape(word);
    const large = shape.tokens * shape.dim * shape.streams > SLOW_SIZE && !full;
    const out = names.filter(name => skipped.has(name) || (large && SLOW.includes(name)));
    for (const name of out)
      if (!skipped.has(name)) skipped.set(`${name} on ${word}`, 'slow on so many values; --full runs it');
    const here = names.filter(name => !out.includes(name));
    const { rows, absent } = await measureShape({
      ...{ shape, ops, passes, names: here, threads, loop, budget, most: full ? 31 : 11 },
      tell: what => tell(`${word}: ${what}`),
    });
    found.push(...rows);
    for (const [name, reason] of Object.entries(absent)) skipped.set(name, reason);
  }
  return { found, skipped: Object.fromEntries(skipped) };
}

/** Rows as a table. */
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
    '/ composition': CONTENDERS[row.path].of ? of(row.ofComposition) : '',
    '/ residual': of(row.ofResidual),
    noisy: row.noisy ? 'noisy' : '',
  }));
}
