// Rows against committed ones. Times of two machines say nothing about each other; ratios taken within one run do.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { keyOf, readRows } from './rows.mjs';

/** This much worse is worse. */
export const WORSE = 0.15;

/** The ratios that rows have; by each the sign of worse: 1 where less is better. */
const RATIOS = { ofComposition: 1, ofResidual: 1, activationsOfResidual: 1, percentOfCopy: -1 };

/** All rows of a folder's files, in the order of their dates. */
export function readFolder(folder) {
  const files = readdirSync(folder).filter(name => name.endsWith('.jsonl'));
  return files.sort().flatMap(name => readRows(join(folder, name)));
}

/**
 * Compares each row's ratios with those of the last committed row of the same thing.
 *
 * @returns {{ worse: { row: any, ratio: string, was: number, is: number, change: number }[], compared: number, unknown: number, noisy: number }}
 */
export function compare(rows, committed) {
  const before = new Map(committed.filter(row => !row.noisy).map(row => [keyOf(row), row]));
  const verdict = { worse: [], compared: 0, unknown: 0, noisy: 0 };
  for (const row of rows) {
    const old = before.get(keyOf(row));
    if (row.noisy) verdict.noisy++;
    else if (old === undefined) verdict.unknown++;
    else {
      verdict.compared++;
      verdict.worse.push(...worseRatios(row, old));
    }
  }
  return verdict;
}

function worseRatios(row, old) {
  return Object.entries(RATIOS).flatMap(([ratio, sign]) => {
    const [is, was] = [row[ratio], old[ratio]];
    if (typeof is !== 'number' || typeof was !== 'number') return [];
    const change = (is / was) ** sign - 1;
    return change > WORSE ? [{ row, ratio, was, is, change }] : [];
  });
}
