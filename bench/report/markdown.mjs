// Writes rows as tables in Markdown.

import { groups, origins } from '../harness/latest.mjs';
import { modelsTables } from '../models/table.mjs';
import { compositionOf } from '../ops/contenders.mjs';
import { nameShape } from '../ops/shapes.mjs';
import { opsTable } from '../ops/table.mjs';
import { scalingTable } from '../scaling/table.mjs';

/** A list of objects as a table. Columns that are empty in every row are left out. */
export function table(list) {
  const columns = Object.keys(list[0]).filter(name => list.some(each => each[name] !== ''));
  const line = cells => `| ${cells.join(' | ')} |`;
  const body = list.map(each => line(columns.map(name => String(each[name]).replaceAll('|', '\\|'))));
  return [line(columns), line(columns.map(() => '---')), ...body].join('\n');
}

const OPS =
  'A time with / is divided by the time of the composition of tfjs ops, or of a residual connection, on the same backend. `copy %` is ' +
  'the bytes per second of the op, in percent of those of a copy of memory.';
const SCALING =
  'One size of a connection changes at a time; points are times in µs. `time ~ x^` is the power of that size with which the time ' +
  'grows, and `kept ~ x^` the power with which the memory for the backward pass grows. Cliffs are points 20 % off that line.';

const of = (rows, suite) => rows.filter(row => row.suite === suite);
const machineOf = row => `${row.machine.cpu}, ${row.machine.cores} cores`;

export function markdownOf(rows) {
  const parts = ['# What Frac-Connections cost, and what the kernels save'];
  parts.push(
    '`npm run bench:report` writes this file from the rows in `bench/results`. `bench/NOTES.md` explains what is measured and how. Noisy rows are left out.',
    origins(rows)
      .map(line => `- ${line}`)
      .join('\n'),
  );
  parts.push(...modelParts(of(rows, 'models')), ...opsParts(of(rows, 'ops')));
  const scaling = of(rows, 'scaling');
  if (scaling.length > 0) parts.push('## Scaling', SCALING);
  for (const [machine, group] of groups(scaling, machineOf))
    parts.push(`### ${machine}`, table(scalingTable(group)));
  return `${parts.join('\n\n')}\n`;
}

function modelParts(rows) {
  const parts = rows.length > 0 ? ['## Models'] : [];
  for (const [machine, group] of groups(rows, machineOf))
    for (const { title, text, list } of modelsTables(group))
      parts.push(`### ${title}; ${machine}`, text, table(list));
  return parts;
}

function opsParts(rows) {
  if (rows.length === 0) return [];
  const parts = ['## Ops', OPS];
  for (const [machine, group] of groups(rows, machineOf)) {
    const overview = overviewTable(group);
    if (overview.length > 0)
      parts.push(`### A connection, forward and backward, on each shape; ${machine}`, table(overview));
    for (const [shape, own] of groups(group, row => nameShape(row.shape)))
      parts.push(`<details><summary>${shape}: all ops</summary>`, table(opsTable(own)), '</details>');
  }
  return parts;
}

/** One line per shape and path with kernels. */
function overviewTable(rows) {
  const whole = rows.filter(row => row.op === 'connection' && row.pass === 'both');
  return whole
    .filter(row => compositionOf(row.path))
    .map(row => ({
      shape: nameShape(row.shape),
      path: row.path,
      us: row.us.toFixed(0),
      'copy %': row.percentOfCopy?.toFixed(0) ?? '',
      'times as fast as the composition':
        row.ofComposition === null ? '' : (1 / row.ofComposition).toFixed(1),
      '/ residual': row.ofResidual?.toFixed(2) ?? '',
    }));
}
