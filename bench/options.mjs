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

/** A parser for commander. It calls `parse` with the text of an option, and converts its error to one of commander. */
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

/** Parses the options of process.argv, or of `argv`. */
export function parseOptions(argv) {
  const command = new Command('npm run bench --')
    .description('Measures ops and models on every path that works on this machine.')
    .option('--full', 'measure more shapes, sizes, paths and samples (about an hour)', false)
    .option('--suites <names>', `suites to run, of ${SUITES.join(', ')}`, wordsOf(SUITES), SUITES)
    .option('--ops <names>', `ops to measure, of ${OPS.join(', ')}`, wordsOf(OPS), OPS)
    .option('--passes <names>', `passes to measure, of ${PASSES.join(', ')}`, wordsOf(PASSES), PASSES)
    .option(
      '--paths <names>',
      'paths to measure: all, fallback, native, tensorflow, fallback-wasm, ...',
      words(word => chooseContenders([word])),
      ['all'],
    )
    .option('--shapes <words>', 'shapes of ops, such as 1024x1000:dfc4p,512x512:shc2', words(parseShape))
    .option('--threads <number>', 'number of threads of the kernels', count, availableParallelism())
    .option('--budget <seconds>', 'time limit of a contender for one op and pass', number)
    .option('--wirings <names>', 'wirings of the models, such as residual,dfc4,dhc2', words(parseWiring))
    .option('--model <sizes>', 'sizes of the models, such as dim=256,layers=6,batch=8', read(parseSizes), {})
    .option('--peers', 'also measure ops in PyTorch, eager and compiled, if it is installed', false)
    .option('--peers-setup', 'like --peers, but install PyTorch first (gigabytes)', false)
    .option('--json <file>', 'append each row to this file, one per line, as soon as it is measured')
    .option('--from <file>', 'do not measure; read the rows of a file written by --json')
    .option(
      '--publish',
      'append the rows that are not noisy to bench/results; all files must be committed',
      false,
    )
    .option(
      '--compare [folder]',
      'compare with the rows in a folder (default bench/results); exit with 1 if a ratio is 15 % worse',
    );
  const options = command.parse(argv).opts();
  if (options.from && options.json) command.error('--from measures nothing, so --json has nothing to write');
  return {
    ...options,
    budget: options.budget ?? (options.full ? 0.5 : 0.3),
    compare: options.compare === true ? RESULTS : options.compare,
  };
}
