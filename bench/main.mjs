// npm run bench: measures the cost of Frac-Connections on this machine, and what the kernels save. bench/NOTES.md
// explains the method.
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
/** The rows of this run so far: what a run that is stopped or fails has to show. */
const measured = [];
const stop = new AbortController();

for (const [signal, status] of Object.entries({ SIGINT: 130, SIGTERM: 143 }))
  process.once(signal, () => {
    tell(`${signal}: stopping after this measurement; a second one stops at once`);
    process.exitCode = status;
    stop.abort();
  });

try {
  await main();
} catch (error) {
  if (measured.length > 0) show(measured);
  console.error(`npm run bench: ${error.message}`);
  process.exitCode = 1;
}

async function main() {
  if (options.publish && !options.from) checkCommit(commit());
  const rows = options.from ? readRows(options.from) : await measure(options, measured);
  show(rows);
  measured.length = 0; // they are shown
  if (stop.signal.aborted) return;
  if (options.from && options.publish) publish(rows);
  if (options.compare) {
    const verdict = await compareWith(readFolder(options.compare), rows);
    showVerdict(verdict);
    if (verdict.worse.length > 0) process.exitCode = 1;
  }
}

function show(rows) {
  showRows(rows);
  for (const [name, reason] of Object.entries(skipped)) console.log(`skipped: ${name}: ${reason}`);
  const noisy = rows.filter(row => row.noisy).length;
  console.log(
    `${rows.length} rows in ${elapsed()}, ${noisy} of them noisy: other programs ran, or the times varied too much`,
  );
}

/**
 * The ratios that are worse than in committed rows. Candidates are measured a second time, and count only if they are
 * worse twice.
 */
async function compareWith(committed, rows) {
  const verdict = compare(rows, committed, OVER);
  if (options.from || verdict.worse.length === 0) return verdict;
  const found = verdict.worse.map(({ row }) => row);
  const suites = options.suites.filter(suite => found.some(row => row.suite === suite));
  const ops = found.filter(row => row.suite === 'ops');
  const shapes = ops.length > 0 ? [...new Set(ops.map(row => nameShape(row.shape)))] : options.shapes;
  tell(`${found.length} ratios seem worse; measuring again: ${[...suites, ...(shapes ?? [])].join(', ')}`);
  const second = await measure({ ...options, suites, shapes });
  return { ...verdict, worse: worseTwice(verdict.worse, compare(second, committed, OVER).worse) };
}

/**
 * Runs the suites, and adds their rows to `rows`. Rows are written to the requested files immediately, so that a run that fails
 * loses none.
 */
async function measure(options, rows = []) {
  const found = await findContenders(chooseContenders(options.paths), options);
  Object.assign(skipped, found.absent);
  const peers = await openPeers();
  const run = startRun();
  const given = {
    ...options,
    names: [...found.names, ...peers.names],
    python: peers.python,
    words: options.paths,
    named: !options.paths.includes('all'),
    loop: run.loop,
    signal: stop.signal,
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
      if (!stop.signal.aborted) await MEASURE[suite]({ ...given, emit });
    }
  } finally {
    run.close();
  }
  return rows;
}

/** The contenders in PyTorch, if --peers is given and PyTorch is installed. */
async function openPeers() {
  const leaveOut = reason => {
    for (const name of PEERS) skipped[name] = reason;
    return { names: [] };
  };
  if (!options.peers && !options.peersSetup) return leaveOut('measured only with --peers');
  if (options.peersSetup) await setUpPeers(tell);
  const { python, reason } = await findTorch();
  return python === undefined ? leaveOut(reason) : { names: PEERS, python };
}

function checkCommit(name) {
  if (name.endsWith('+') || name === 'unknown')
    throw new Error(
      `--publish: rows must be of a commit, got ${name}; commit first, or write them with --json`,
    );
}

/** Adds the rows that are not noisy to the committed ones. */
function publish(rows) {
  const quiet = rows.filter(row => !row.noisy);
  for (const { commit } of quiet) checkCommit(commit);
  const file = join(RESULTS, `${quiet[0]?.date ?? today()}.jsonl`);
  appendRows(file, quiet);
  tell(`published: ${quiet.length} of ${rows.length} rows, in ${file}`);
}
