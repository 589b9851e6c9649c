// Rows on the terminal.

import { groups } from './harness/latest.mjs';
import { modelsTables } from './models/table.mjs';
import { nameShape } from './ops/shapes.mjs';
import { opsTable } from './ops/table.mjs';
import { BASE } from './scaling/suite.mjs';
import { scalingTable } from './scaling/table.mjs';

export function showRows(rows) {
  const of = suite => rows.filter(row => row.suite === suite);
  for (const [word, group] of groups(of('ops'), row => nameShape(row.shape))) {
    const inCache = group[0].cache === 'in' ? '; many calls at a time, in the cache' : '';
    console.log(`\n${word}, float32${inCache}`);
    console.table(opsTable(group));
  }
  if (of('scaling').length > 0) {
    console.log(`\na connection from ${BASE}, one size changed at a time; us`);
    console.table(scalingTable(of('scaling')));
  }
  for (const { title, text, list } of modelsTables(of('models'))) {
    console.log(`\n${title}. ${text}`);
    console.table(list);
  }
}

/** What --compare found, a line a ratio that is worse. */
export function showVerdict({ worse, compared, unknown, noisy }) {
  for (const { row, ratio, was, is, change } of worse) {
    const { op, pass, path, shape, kind, wiring } = row;
    const what = [op ?? `${kind} ${wiring}`, pass, path, shape && nameShape(shape)]
      .filter(Boolean)
      .join(', ');
    const figures = `${ratio} ${was.toFixed(3)} -> ${is.toFixed(3)}`;
    console.log(`worse by ${(100 * change).toFixed(0)} %: ${what}: ${figures}`);
  }
  console.log(
    `${compared} rows compared, ${worse.length} ratios worse; ${unknown} never committed, ${noisy} noisy`,
  );
}
