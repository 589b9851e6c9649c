// Losses of comparisons as one JSON file, for the README: node bench/losses.mjs [--speeds] FOLDER... > results/DATE-compare.json
//
// Each FOLDER was written by `npm start -- --seed N`, with the same settings but the seed. --speeds adds tokens per second:
// only for runs on a machine that did nothing else. The format is described in NOTES.md.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { movingAverage } from '../dist/esm/report/series.js';
import { commit, machine, today, versions } from './harness/machine.mjs';

/** Steps between the points of a training loss. */
const EVERY = 10;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { speeds: { type: 'boolean', default: false } },
});

const rounded = value => Number(value.toFixed(6));

/** Every 10th point of the moving average that the report draws. */
function smoothed({ x, y }, emaSteps) {
  const average = movingAverage(y, emaSteps);
  const kept = x.map((_, i) => i).filter(i => x[i] % EVERY === 0);
  return { x: kept.map(i => x[i]), y: kept.map(i => rounded(average[i])) };
}

/** What one folder holds: its settings and the data of its report. */
function read(folder) {
  const { seed, data: _, ...settings } = JSON.parse(readFileSync(join(folder, 'settings.json'), 'utf8'));
  const html = readFileSync(join(folder, 'report.html'), 'utf8');
  const report = JSON.parse(
    /<script type="application\/json" id="report-data">(.*?)<\/script>/s.exec(html)[1],
  );
  const of = name => report.settings.find(setting => setting.name === name).value;
  return { seed, settings, report, path: of('path of the ops'), backend: of('backend') };
}

function rows({ seed, report }) {
  return report.runs.map(run => ({
    seed,
    wiring: run.name,
    parameters: run.parameters,
    trainLoss: run.finalTrainLoss,
    heldOutLoss: run.finalEvalLoss,
    peakTensorBytes: run.memoryBytes,
    ...(values.speeds && { tokensPerSecond: Math.round(run.tokensPerSecond) }),
    train: smoothed(run.train, report.emaSteps),
    heldOut: { x: run.evals.x, y: run.evals.y.map(rounded) },
  }));
}

const comparisons = positionals.map(read);
const [{ settings, path, backend, report }] = comparisons;
for (const other of comparisons) {
  const same = JSON.stringify([other.settings, other.path, other.backend]);
  if (same !== JSON.stringify([settings, path, backend])) throw new Error('the runs have different settings');
}
const file = {
  command: 'npm start -- --seed N',
  date: today(),
  commit: commit(),
  machine: machine(),
  versions: { ...versions(), backend },
  path,
  emaSteps: report.emaSteps,
  settings,
  rows: comparisons.flatMap(rows),
};
// One row per line.
const { rows: list, ...head } = file;
const text = JSON.stringify(head, null, 2).slice(0, -2);
console.log(`${text},\n  "rows": [\n${list.map(row => `    ${JSON.stringify(row)}`).join(',\n')}\n  ]\n}`);
