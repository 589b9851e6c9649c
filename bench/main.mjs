// npm run bench: what Frac-Connections cost here and what the kernels save. See bench/NOTES.md for what is counted and how.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { compare, readFolder } from './harness/compare.mjs';
import { settleRatios } from './harness/ratios.mjs';
import { appendRows } from './harness/rows.mjs';
import { startRun } from './harness/run.mjs';
import { OVER as MODELS_OVER, parseWiring, runModels } from './models/suite.mjs';
import { modelsTable } from './models/table.mjs';
import { OPS, PASSES } from './ops/bytes.mjs';
import { chooseContenders, PEERS } from './ops/contenders.mjs';
import { OVER as OPS_OVER } from './ops/measure.mjs';
import { nameShape, parseShape } from './ops/shapes.mjs';
import { runOps } from './ops/suite.mjs';
import { opsTable } from './ops/table.mjs';
import { findTorch, setUpPeers } from './peers/python.mjs';
import { groups } from './report/latest.mjs';
import { BASE, runScaling } from './scaling/suite.mjs';
import { scalingTable } from './scaling/table.mjs';

const SUITES = ['ops', 'scaling', 'models'];
const RESULTS = fileURLToPath(new URL('results', import.meta.url));

const list = text => text.split(',').filter(Boolean);
const listOf = known => text => {
  const words = list(text);
  for (const word of words)
    if (!known.includes(word)) throw new InvalidArgumentError(`must be of ${known.join(', ')}, got ${word}`);
  return words;
};
const checked = check => text => {
  const words = list(text);
  try {
    check(words);
  } catch (error) {
    throw new InvalidArgumentError(error.message);
  }
  return words;
};
const number = text => {
  if (!(Number(text) > 0)) throw new InvalidArgumentError(`must be above 0, got ${text}`);
  return Number(text);
};

const command = new Command('npm run bench --')
  .description('Measures ops and models on every path that this machine has.')
  .option('--full', 'all shapes, and more samples: hours', false)
  .option('--suites <names>', `of ${SUITES.join(', ')}`, listOf(SUITES), SUITES)
  .option('--ops <names>', `of ${OPS.join(', ')}`, listOf(OPS), OPS)
  .option('--passes <names>', `of ${PASSES.join(', ')}`, listOf(PASSES), PASSES)
  .option(
    '--paths <names>',
    'all, fallback, native, tensorflow, fallback-wasm, ...',
    checked(chooseContenders),
    ['all'],
  )
  .option(
    '--shapes <words>',
    'such as 1024x1000:dfc4p,512x512:shc2',
    checked(words => words.map(parseShape)),
  )
  .option('--threads <number>', 'of the kernels', number, availableParallelism())
  .option('--budget <seconds>', 'that a contender may take for one op and pass', number)
  .option(
    '--wirings <names>',
    'of the models, such as residual,dfc4,dhc2',
    checked(words => words.map(parseWiring)),
  )
  .option('--peers', 'ops in PyTorch too, eager and compiled, where a Python has it', false)
  .option('--peers-setup', 'the same, and installs PyTorch first: gigabytes', false)
  .option('--json <file>', 'add the rows to this file, one a line')
  .option(
    '--publish',
    'add the quiet rows to bench/results; not where files were changed since the commit',
    false,
  )
  .option('--compare', 'with the rows in bench/results: exit with 1 where a ratio is 15 % worse', false);

const options = command.parse().opts();
const budget = options.budget ?? (options.full ? 3 : 0.3);
const started = performance.now();
const elapsed = () => `${((performance.now() - started) / 1e3).toFixed(0)} s`;
const tell = what => process.stderr.write(`${elapsed().padStart(6)}  ${what}\n`);

const run = startRun();
const names = chooseContenders(options.paths);
const skipped = {};
const peers = await openPeers();
const rows = [];
try {
  const common = {
    ...options,
    loop: run.loop,
    tell,
    names: [...names, ...peers.names],
    python: peers.python,
    budget,
  };
  const suites = {
    async ops() {
      const { found, skipped: more } = await runOps(common);
      Object.assign(skipped, more);
      return found;
    },
    scaling: () => runScaling({ ...common, skipped }),
    models: () => runModels({ ...common, skipped }),
  };
  const over = { ops: OPS_OVER, models: MODELS_OVER };
  const found = {};
  for (const suite of options.suites) found[suite] = await suites[suite]();
  for (const [suite, list] of Object.entries(found))
    rows.push(...settleRatios(run.finish(suite, list), over[suite] ?? {}));
} finally {
  run.close();
}

const of = suite => rows.filter(row => row.suite === suite);
for (const [word, group] of groups(of('ops'), row => nameShape(row.shape))) {
  console.log(`\n${word}, float32${group[0].cache === 'in' ? '; many calls at a time, in the cache' : ''}`);
  console.table(opsTable(group));
}
if (of('scaling').length > 0) {
  console.log(`\na connection from ${BASE}, one size changed at a time; us`);
  console.table(scalingTable(of('scaling')));
}
for (const [name, group] of groups(of('models'), row => `${row.kind}, path ${row.path}`)) {
  const sizes = Object.entries(group[0].sizes).map(([size, value]) => `${size} ${value}`);
  console.log(`\n${name}: ${sizes.join(', ')}; / is over residual`);
  console.table(modelsTable(group));
}
for (const [name, reason] of Object.entries(skipped)) console.log(`skipped: ${name}: ${reason}`);
const noisy = rows.filter(row => row.noisy).length;
console.log(
  `${rows.length} rows in ${elapsed()}, ${noisy} of them noisy: something else ran, or times spread`,
);
if (options.json) appendRows(options.json, rows);
if (options.publish) publish(rows);
if (options.compare) {
  const { worse, compared, unknown, noisy: left } = compare(rows, readFolder(RESULTS));
  for (const { row, ratio, was, is, change } of worse) {
    const what = [
      row.op ?? `${row.kind} ${row.wiring}`,
      row.pass,
      row.path,
      row.shape && nameShape(row.shape),
    ];
    const percent = (100 * change).toFixed(0);
    console.log(
      `worse by ${percent} %: ${what.filter(Boolean).join(', ')}: ${ratio} ${was.toFixed(3)} -> ${is.toFixed(3)}`,
    );
  }
  console.log(
    `${compared} rows compared, ${worse.length} ratios worse; ${unknown} never committed, ${left} noisy`,
  );
  if (worse.length > 0) process.exitCode = 1;
}

/** The contenders in PyTorch, if they were asked for and there is one. */
async function openPeers() {
  if (!options.peers && !options.peersSetup) {
    for (const name of PEERS) skipped[name] = '--peers measures it';
    return { names: [] };
  }
  if (options.peersSetup) await setUpPeers(tell);
  const { python, reason } = await findTorch();
  if (python !== undefined) return { names: PEERS, python };
  for (const name of PEERS) skipped[name] = reason;
  return { names: [] };
}

function publish(rows) {
  const quiet = rows.filter(row => !row.noisy);
  if (quiet.length === 0) return console.log('published: nothing, no row is quiet');
  const [{ commit, date }] = quiet;
  if (commit.endsWith('+') || commit === 'unknown')
    throw new Error(
      `--publish: rows must be of a commit, got ${commit}; commit first, --json keeps them meanwhile`,
    );
  const file = join(RESULTS, `${date}.jsonl`);
  appendRows(file, quiet);
  console.log(`published: ${quiet.length} of ${rows.length} rows, in ${file}`);
}
