// Rows against committed ones. Times of two machines say nothing about each other; ratios taken within one run do.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { keyOf, readRows } from './rows.mjs';
import { UNCERTAINTY, uncertainty } from './stats.mjs';

/** This much worse is worse. */
const WORSE = 0.15;

/** The ratios that rows have; by each the sign of worse: 1 where less is better. */
const RATIOS = { ofComposition: 1, ofResidual: 1, activationsOfResidual: 1, percentOfCopy: -1 };

/** All rows of a folder's files, in the order of their dates. */
export function readFolder(folder) {
  const files = readdirSync(folder).filter(name => name.endsWith('.jsonl'));
  return files.sort().flatMap(name => readRows(join(folder, name)));
}

/**
 * Compares each row's ratios with those of the last committed row of the same thing. A ratio is worse where it is by more than
 * WORSE and what its medians are uncertain by.
 *
 * @param {any[]} rows
 * @param {any[]} committed in the order of their dates
 * @param {Record<string, Record<string, (row: any, other: any) => boolean>>} over by suite and ratio: what it is over, see settleRatios
 * @returns {{ worse: { row: any, ratio: string, was: number, is: number, change: number }[], compared: number, unknown: number, noisy: number }}
 */
export function compare(rows, committed, over = {}) {
  const before = new Map(committed.filter(row => !row.noisy).map(row => [keyOf(row), row]));
  const verdict = { worse: [], compared: 0, unknown: 0, noisy: 0 };
  const known = [...before.values()];
  for (const row of rows) {
    const old = before.get(keyOf(row));
    if (row.noisy) verdict.noisy++;
    else if (old === undefined) verdict.unknown++;
    else {
      verdict.compared++;
      const bases = ratio => {
        const isBase = over[row.suite]?.[ratio] ?? (() => false);
        return [rows, known].map(list => list.find(other => !other.noisy && isBase(row, other)));
      };
      verdict.worse.push(...worseRatios(row, old, ratio => doubt(ratio, [row, old, ...bases(ratio)])));
    }
  }
  return verdict;
}

const COUNTED = 'activationsOfResidual';
const COPY = 'percentOfCopy';
/** A copy's samples are not kept, but two that were more uncertain than this together had made no ratio. */
const COPIES = Math.hypot(UNCERTAINTY, UNCERTAINTY);

/** What a ratio of these rows' medians is uncertain by; bytes are counted, and are not. */
const doubt = (ratio, rows) =>
  ratio === COUNTED
    ? 0
    : Math.hypot(ratio === COPY ? COPIES : 0, ...rows.filter(Boolean).map(row => uncertainty(row)));

function worseRatios(row, old, doubtOf) {
  return Object.entries(RATIOS).flatMap(([ratio, sign]) => {
    const [is, was] = [row[ratio], old[ratio]];
    if (typeof is !== 'number' || typeof was !== 'number') return [];
    const change = (is / was) ** sign - 1;
    return change > WORSE + doubtOf(ratio) ? [{ row, ratio, was, is, change }] : [];
  });
}

/** Of what was worse that which is worse in a second run too. */
export const worseTwice = (first, second) =>
  first.filter(({ row, ratio }) =>
    second.some(again => again.ratio === ratio && keyOf(again.row) === keyOf(row)),
  );
