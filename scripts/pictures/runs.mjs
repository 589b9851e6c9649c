// The rows of bench/results that hold training runs: `<date>-compare.json`.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The held-out losses of a comparison's rows, as `bench/losses.mjs` writes them. Older files have no series, and so no rows here.
 *
 * @param {{ rows?: any[] }} content
 * @returns {Run[]}
 *
 * @typedef {{ wiring: string, seed: number, losses: Map<number, number> }} Run
 * @typedef {{ wiring: string, seed: number, points: [step: number, difference: number][] }} Line
 */
export function readRuns({ rows = [] }) {
  return rows
    .filter(({ heldOut }) => heldOut !== undefined)
    .map(({ wiring, seed, heldOut: { x, y } }) => ({
      wiring,
      seed,
      losses: new Map(x.map((step, i) => [step, y[i]])),
    }));
}

/** The newest comparison with series: { settings, runs }, or undefined. */
export function latestComparison(folder) {
  return readdirSync(folder)
    .filter(name => name.endsWith('-compare.json'))
    .sort()
    .reverse()
    .map(name => JSON.parse(readFileSync(join(folder, name), 'utf8')))
    .map(content => ({ settings: content.settings ?? {}, runs: readRuns(content) }))
    .find(({ runs }) => runs.length > 0);
}

/**
 * Each wiring's loss minus the residual wiring's of the same seed.
 *
 * @param {Run[]} runs
 * @returns {Line[]}
 */
export function againstResidual(runs) {
  const isBase = ({ wiring }) => wiring === 'residual';
  return runs
    .filter(run => !isBase(run))
    .map(({ wiring, seed, losses }) => {
      const base = runs.find(run => isBase(run) && run.seed === seed);
      if (base === undefined)
        throw new Error(`${wiring}, seed ${seed}: there is no residual run of this seed`);
      const points = [...losses].flatMap(([step, loss]) =>
        base.losses.has(step) ? [[step, loss - base.losses.get(step)]] : [],
      );
      return { wiring, seed, points };
    });
}

/**
 * The mean over seeds, a line a wiring.
 *
 * @param {Line[]} lines
 * @returns {Omit<Line, 'seed'>[]}
 */
export function means(lines) {
  const wirings = [...new Set(lines.map(({ wiring }) => wiring))];
  return wirings.map(wiring => {
    const own = lines.filter(line => line.wiring === wiring);
    const points = own[0].points.map(([step], i) => [
      step,
      own.reduce((sum, line) => sum + line.points[i][1], 0) / own.length,
    ]);
    return { wiring, points };
  });
}
