// npm run bench: what Frac-Connections cost here and what the kernels save. See bench/NOTES.md for what is counted and how.
import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { appendRows } from './harness/rows.mjs';
import { startRun } from './harness/run.mjs';
import { OPS, PASSES } from './ops/bytes.mjs';
import { chooseContenders, ELSEWHERE } from './ops/contenders.mjs';
import { nameShape, parseShape } from './ops/shapes.mjs';
import { opsTable, runOps } from './ops/suite.mjs';

const SUITES = ['ops'];

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
  .option('--json <file>', 'add the rows to this file, one a line');

const options = command.parse().opts();
const budget = options.budget ?? (options.full ? 3 : 0.3);
const started = performance.now();
const elapsed = () => `${((performance.now() - started) / 1e3).toFixed(0)} s`;
const tell = what => process.stderr.write(`${elapsed().padStart(6)}  ${what}\n`);

const run = startRun();
const names = chooseContenders(options.paths);
const skipped = { ...ELSEWHERE };
const rows = [];
try {
  const common = { ...options, loop: run.loop, tell, names, budget };
  if (options.suites.includes('ops')) {
    const result = await runOps(common);
    Object.assign(skipped, result.skipped);
    rows.push(...run.finish('ops', result.found));
  }
} finally {
  run.close();
}

const shapes = groupBy(rows, row => nameShape(row.shape));
for (const [word, group] of shapes) {
  console.log(`\n${word}, float32${group[0].cache === 'in' ? '; many calls at a time, in the cache' : ''}`);
  console.table(opsTable(group));
}
for (const [name, reason] of Object.entries(skipped)) console.log(`skipped: ${name}: ${reason}`);
const noisy = rows.filter(row => row.noisy).length;
console.log(
  `${rows.length} rows in ${elapsed()}, ${noisy} of them noisy: something else ran, or times spread`,
);
if (options.json) appendRows(options.json, rows);

function groupBy(list, keyOf) {
  const groups = new Map();
  for (const each of list) groups.set(keyOf(each), [...(groups.get(keyOf(each)) ?? []), each]);
  return groups;
}
