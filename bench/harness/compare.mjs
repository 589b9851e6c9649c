// Compares rows with committed ones. Times from different machines are not comparable, but ratios within one run are.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { keyOf, readRows } from './rows.mjs';
import { UNCERTAINTY, uncertainty } from './stats.mjs';

/** A ratio counts as worse from this relative change on. */
const WORSE = 0.15;

/** The ratios of rows. The value is the sign of a change for the worse: 1 if smaller is better. */
const RATIOS = { ofComposition: 1, ofResidual: 1, activationsOfResidual: 1, percentOfCopy: -1 };

/** All rows of the files in a folder, in the order of their dates. */
export function readFolder(folder) {
  const files = readdirSync(folder).filter(name => name.endsWith('.jsonl'));
  return files.sort().flatMap(name => readRows(join(folder, name)));
}

/** The last row of each key that is not noisy, on this machine if it has one. */
function lastRows(committed, machine) {
  const here = row => JSON.stringify(row.machine) === JSON.stringify(machine);
  const quiet = committed.filter(row => !row.noisy);
  return new Map([...quiet, ...quiet.filter(here)].map(row => [keyOf(row), row]));
}

/**
 * Compares the ratios of each row with those of the last committed row with the same key. A ratio is worse if it has
 * changed for the worse by more than WORSE plus the uncertainty of its medians.
 *
 * @param {any[]} rows
 * @param {any[]} committed committed rows, in the order of their dates
 * @param {Record<string, Record<string, (row: any, other: any) => boolean>>} over by suite and ratio: the denominator,
 *   see settleRatios
 * @returns {{ worse: { row: any, ratio: string, was: number, is: number, change: number }[], compared: number, unknown: number, noisy: number }}
 */
export function compare(rows, committed, over = {}) {
  const before = lastRows(committed, rows[0]?.machine);
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
/** The samples of copies are not stored. This is the largest uncertainty with which two medians still give a ratio. */
const COPIES = Math.hypot(UNCERTAINTY, UNCERTAINTY);

/** The uncertainty of a ratio of the medians of these rows. Numbers of bytes are counted, and so exact. */
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

/** The ratios that were worse in both runs. */
export const worseTwice = (first, second) =>
  first.filter(({ row, ratio }) =>
    second.some(again => again.ratio === ratio && keyOf(again.row) === keyOf(row)),
  );
