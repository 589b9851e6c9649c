// The command line of npm run bench.
import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { RESULTS } from './harness/rows.mjs';
import { parseSizes, parseWiring } from './models/models.mjs';
import { OPS, PASSES } from './ops/bytes.mjs';
import { chooseContenders } from './ops/contenders.mjs';
import { parseShape } from './ops/shapes.mjs';

const SUITES = ['ops', 'scaling', 'models'];

const list = text => text.split(',').filter(Boolean);

/** What commander calls with an option's text: `parse` of it, whose error becomes commander's. */
const read = parse => text => {
  try {
    return parse(text);
  } catch (error) {
    throw new InvalidArgumentError(error.message);
  }
};
const words = check =>
  read(text => {
    const all = list(text);
    for (const word of all) check(word);
    return all;
  });
const wordsOf = known =>
  words(word => {
    if (!known.includes(word)) throw new Error(`must be of ${known.join(', ')}, got ${word}`);
  });
const number = read(text => {
  if (!(Number(text) > 0)) throw new Error(`must be above 0, got ${text}`);
  return Number(text);
});
const count = read(text => {
  if (!(Number.isInteger(Number(text)) && Number(text) > 0))
    throw new Error(`must be a whole number above 0, got ${text}`);
  return Number(text);
});

/** Options by name, of process.argv or what is given. */
export function parseOptions(argv) {
  const command = new Command('npm run bench --')
    .description('Measures ops and models on every path that this machine has.')
    .option('--full', 'more shapes, sizes, paths and samples: about an hour', false)
    .option('--suites <names>', `of ${SUITES.join(', ')}`, wordsOf(SUITES), SUITES)
    .option('--ops <names>', `of ${OPS.join(', ')}`, wordsOf(OPS), OPS)
    .option('--passes <names>', `of ${PASSES.join(', ')}`, wordsOf(PASSES), PASSES)
    .option(
      '--paths <names>',
      'all, fallback, native, tensorflow, fallback-wasm, ...',
      words(word => chooseContenders([word])),
      ['all'],
    )
    .option('--shapes <words>', 'such as 1024x1000:dfc4p,512x512:shc2', words(parseShape))
    .option('--threads <number>', 'of the kernels', count, availableParallelism())
    .option('--budget <seconds>', 'that a contender may take for one op and pass', number)
    .option('--wirings <names>', 'of the models, such as residual,dfc4,dhc2', words(parseWiring))
    .option('--model <sizes>', 'of the models, such as dim=256,layers=6,batch=8', read(parseSizes), {})
    .option('--peers', 'ops in PyTorch too, eager and compiled, where a Python has it', false)
    .option('--peers-setup', 'the same, and installs PyTorch first: gigabytes', false)
    .option('--json <file>', 'add each row to this file, one a line, as soon as it is measured')
    .option('--from <file>', 'measure nothing; take the rows of a file that --json wrote')
    .option('--publish', 'add the quiet rows to bench/results; not of files changed since the commit', false)
    .option(
      '--compare [folder]',
      'with the rows in a folder (bench/results): exit with 1 where a ratio is 15 % worse',
    );
  const options = command.parse(argv).opts();
  if (options.from && options.json) command.error('--from measures nothing that --json could keep');
  return {
    ...options,
    budget: options.budget ?? (options.full ? 0.5 : 0.3),
    compare: options.compare === true ? RESULTS : options.compare,
  };
}
