// npm run bench: what Frac-Connections cost here and what the kernels save. See bench/NOTES.md for what is counted and how.
import { join } from 'node:path';
import { compare, readFolder, worseTwice } from './harness/compare.mjs';
import { commit, today } from './harness/machine.mjs';
import { appendRows, RESULTS, readRows } from './harness/rows.mjs';
import { startRun } from './harness/run.mjs';
import { OVER as MODELS_OVER, runModels } from './models/suite.mjs';
import { chooseContenders, PEERS } from './ops/contenders.mjs';
import { findContenders, OVER as OPS_OVER } from './ops/measure.mjs';
import { nameShape } from './ops/shapes.mjs';
import { runOps } from './ops/suite.mjs';
import { parseOptions } from './options.mjs';
import { findTorch, setUpPeers } from './peers/python.mjs';
import { runScaling } from './scaling/suite.mjs';
import { showRows, showVerdict } from './show.mjs';

const OVER = { ops: OPS_OVER, models: MODELS_OVER };
const MEASURE = { ops: runOps, scaling: runScaling, models: runModels };

const options = parseOptions(process.argv);
const started = performance.now();
const elapsed = () => `${((performance.now() - started) / 1e3).toFixed(0)} s`;
const tell = what => process.stderr.write(`${elapsed().padStart(6)}  ${what}\n`);
const skipped = {};

try {
  await main();
} catch (error) {
  console.error(`npm run bench: ${error.message}`);
  process.exitCode = 1;
}

async function main() {
  if (options.publish && !options.from) checkCommit(commit());
  const rows = options.from ? readRows(options.from) : await measure(options);
  showRows(rows);
  for (const [name, reason] of Object.entries(skipped)) console.log(`skipped: ${name}: ${reason}`);
  const noisy = rows.filter(row => row.noisy).length;
  console.log(
    `${rows.length} rows in ${elapsed()}, ${noisy} of them noisy: something else ran, or times spread`,
  );
  if (options.from && options.publish) publish(rows);
  if (options.compare) {
    const verdict = await compareWith(readFolder(options.compare), rows);
    showVerdict(verdict);
    if (verdict.worse.length > 0) process.exitCode = 1;
  }
}

/** What is worse than committed rows. What seems so is measured once more, and counts where it is worse twice. */
async function compareWith(committed, rows) {
  const verdict = compare(rows, committed, OVER);
  if (options.from || verdict.worse.length === 0) return verdict;
  const found = verdict.worse.map(({ row }) => row);
  const suites = options.suites.filter(suite => found.some(row => row.suite === suite));
  const ops = found.filter(row => row.suite === 'ops');
  const shapes = ops.length > 0 ? [...new Set(ops.map(row => nameShape(row.shape)))] : options.shapes;
  tell(`${found.length} ratios seem worse: once more ${[...suites, ...(shapes ?? [])].join(', ')}`);
  const again = await measure({ ...options, suites, shapes });
  return { ...verdict, worse: worseTwice(verdict.worse, compare(again, committed, OVER).worse) };
}

/** Runs the suites. Rows go to the files that were asked for at once: a run that ends early has lost none. */
async function measure(options) {
  const found = await findContenders(chooseContenders(options.paths), options);
  Object.assign(skipped, found.absent);
  const peers = await openPeers();
  const run = startRun();
  const rows = [];
  const given = {
    ...options,
    names: [...found.names, ...peers.names],
    python: peers.python,
    words: options.paths,
    named: !options.paths.includes('all'),
    loop: run.loop,
    skipped,
    tell,
  };
  try {
    for (const suite of options.suites) {
      const emit = (list, over) => {
        const made = run.judge(suite, list, over);
        rows.push(...made);
        if (options.json) appendRows(options.json, made);
        if (options.publish) publish(made);
      };
      await MEASURE[suite]({ ...given, emit });
    }
  } finally {
    run.close();
  }
  return rows;
}

/** The contenders in PyTorch, if they were asked for and there is one. */
async function openPeers() {
  const leaveOut = reason => {
    for (const name of PEERS) skipped[name] = reason;
    return { names: [] };
  };
  if (!options.peers && !options.peersSetup) return leaveOut('--peers measures it');
  if (options.peersSetup) await setUpPeers(tell);
  const { python, reason } = await findTorch();
  return python === undefined ? leaveOut(reason) : { names: PEERS, python };
}

function checkCommit(name) {
  if (name.endsWith('+') || name === 'unknown')
    throw new Error(
      `--publish: rows must be of a commit, got ${name}; commit first, or keep them with --json`,
    );
}

/** Adds the quiet ones of rows to the committed. */
function publish(rows) {
  const quiet = rows.filter(row => !row.noisy);
  for (const { commit } of quiet) checkCommit(commit);
  const file = join(RESULTS, `${quiet[0]?.date ?? today()}.jsonl`);
  appendRows(file, quiet);
  tell(`published: ${quiet.length} of ${rows.length} rows, in ${file}`);
}
