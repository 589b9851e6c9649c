import { Command, CommanderError, Option } from 'commander';
import { FracConnectionsError } from '../common/errors.js';
import { defaults, WIRINGS } from './defaults.js';
import { openOutput } from './output.js';
import { type Given, readConfig, readFlags } from './settings.js';
import {
  buildSpec,
  compareSpec,
  dashed,
  doctorSpec,
  type OptionSpec,
  sampleSpec,
  setupSpec,
  trainSpec,
} from './spec.js';
import { UsageError } from './usage.js';
import { packageVersion } from './version.js';

/** Runs a command with the options and arguments that were given. Returns the exit code. */
type Action = (given: Given, args: string[]) => Promise<number>;

const OK = 0;
const FAILED = 1;
const USAGE = 2;

// A command loads its code only when it runs, so that --help and errors in flags are printed at once.
const train: Action = async given => (await import('./train.js')).train(given);
const compare: Action = async given => (await import('./compare.js')).compare(given);
const sample: Action = async (given, args) => (await import('./sample.js')).sample(args[0] as string, given);
const check: Action = async given => {
  const { doctor } = await import('./doctor.js');
  await doctor(given.json === true, openOutput(false));
  return OK;
};
const prepare: Action = async given => (await import('./setup.js')).setup(given);
const compile: Action = async given => (await import('./build.js')).build(given, openOutput(false));

/**
 * Runs the command line.
 *
 * @param args the arguments after `node` and the script
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C after saving
 */
export async function run(args: readonly string[]): Promise<number> {
  let code = OK;
  const program = makeProgram(result => {
    code = result;
  });
  try {
    await program.parseAsync(args.length === 0 ? ['--help'] : [...args], { from: 'user' });
    return code;
  } catch (error) {
    return report(error, args.includes('--debug'));
  }
}

function report(error: unknown, debug: boolean): number {
  // Commander has printed its message already. Help and version arrive here too, with code 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? OK : USAGE;
  const usage =
    error instanceof UsageError || (error instanceof FracConnectionsError && error.code === 'ERR_OPTION');
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`frac-connections: ${message}\n`);
  if (debug && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  else if (!usage && !(error instanceof FracConnectionsError)) {
    process.stderr.write('This may be a bug. --debug prints where it happened.\n');
  }
  return usage ? USAGE : FAILED;
}

function makeProgram(done: (code: number) => void): Command {
  const program = new Command('frac-connections')
    .description('Train and compare language models with residual, Frac- and Hyper-Connections.')
    .version(packageVersion())
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text, write) => write(`frac-connections: ${oneLine(text)}\n`) })
    .addHelpText('after', HELP);
  add(program, 'train', 'train one model', trainSpec, train, done).addHelpText('after', TRAIN_HELP);
  add(
    program,
    'compare',
    'train several wirings on the same data and write a report',
    compareSpec,
    compare,
    done,
  ).addHelpText('after', COMPARE_HELP);
  add(program, 'sample', 'generate text with a trained model', sampleSpec, sample, done)
    .argument('<run>', 'folder of a run, or of one wiring of a comparison')
    .addHelpText('after', SAMPLE_HELP);
  add(program, 'doctor', 'show what is installed and which kernels run', doctorSpec, check, done);
  add(
    program,
    'setup',
    'prepare a TensorFlow for tfjs-node, for all your projects',
    setupSpec,
    prepare,
    done,
  ).addHelpText('after', SETUP_HELP);
  add(
    program,
    'build',
    'compile the native addon where the package has none for this machine',
    buildSpec,
    compile,
    done,
  ).addHelpText('after', BUILD_HELP);
  return program;
}

function add(
  program: Command,
  name: string,
  description: string,
  spec: readonly OptionSpec[],
  action: Action,
  done: (code: number) => void,
): Command {
  const command = program.command(name).description(description);
  const shown: Given =
    name === 'train' || name === 'compare' ? { ...OWN_DEFAULTS, ...defaults('tensorflow') } : OWN_DEFAULTS;
  for (const option of spec) {
    const told = option.read === 'flag' || option.help.includes('(default:');
    const value = told ? undefined : shown[option.key];
    const help = value === undefined ? option.help : `${option.help} (default: ${value})`;
    command.addOption(new Option(option.flags, help).helpGroup(option.group));
  }
  command.action(async (...parameters: unknown[]) => {
    const own = parameters.at(-1) as Command;
    const flags = Object.fromEntries(
      spec
        .filter(option => own.getOptionValueSource(option.key) === 'cli')
        .map(option => [option.key, own.getOptionValue(option.key)]),
    );
    const given = readFlags(spec, flags);
    const config = given.config === undefined ? {} : readConfig(spec, given.config as string);
    done(await action({ ...config, ...given }, own.args));
  });
  return command;
}

/** Defaults that are the same on every backend, for the help. */
const OWN_DEFAULTS: Given = {
  wiring: 'dfc',
  wirings: WIRINGS,
  norm: 'rms',
  backend: 'auto',
  checkpoint: 'last',
  tokens: 300,
  temperature: 0.8,
  cuda: 'auto',
  topK: 0,
  seed: 0,
};

// Puts `error: unknown option '--stpes'\n(Did you mean --steps?)` on one line.
function oneLine(text: string): string {
  return text
    .trim()
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ');
}

const smaller = defaults('cpu');
const SIZES = `
Defaults are for TensorFlow. Without it: ${(
  ['layers', 'dim', 'heads', 'context', 'batch', 'steps', 'lr'] as const
)
  .map(key => `--${dashed(key)} ${smaller[key]}`)
  .join(' ')}.`;

const HELP = `
Examples:
  $ frac-connections compare --open             residual, SFCx4 and DFCx4 on a book; opens the report
  $ frac-connections train --wiring dfc2 --data notes/ --out runs/notes
  $ frac-connections sample runs/notes --prompt "The sea"
  $ frac-connections doctor                     is TensorFlow found, and if not, why

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C (the run is saved).`;

const TRAIN_HELP = `${SIZES}

Examples:
  $ frac-connections train                                   DFCx4 on the embedded book
  $ frac-connections train --wiring residual --steps 2000 --out runs/residual
  $ frac-connections train --minutes 10                      as many steps as 10 minutes allow
  $ frac-connections train --wiring dfc2 --no-tanh --seed 7
  $ frac-connections train --wiring dhc2 --experts 8 --experts-per-token 2
  $ frac-connections train --config run.json --lr 0.001      {"wiring": "dfc4", "dim": 192, "evalEvery": 50}
  $ frac-connections train --resume runs/residual            continue after Ctrl-C; --steps N makes it longer`;

const COMPARE_HELP = `${SIZES}
All wirings train for the same number of steps. With --minutes that number is measured: it depends on the machine.
The table goes to stdout. The HTML report and all checkpoints go to the folder.

Examples:
  $ frac-connections compare --open
  $ frac-connections compare --minutes 10 --seed 1
  $ frac-connections compare --wirings residual,dfc2,dfc4,dfc4-no-tanh --steps 1000
  $ frac-connections compare --data notes/ --tokenizer gpt2 --out runs/notes
  $ frac-connections compare --resume runs/notes             continue after Ctrl-C`;

const SAMPLE_HELP = `
Examples:
  $ frac-connections sample runs/notes --prompt "The sea" --tokens 500
  $ frac-connections sample runs/comparison/dfc4 --checkpoint best --temperature 0`;

const SETUP_HELP = `
Downloads a TensorFlow release (274 MB; 3.4 GB with --gpu) with pip's package index, checks its hash, and builds the binding of
tfjs-node for it. The installer of tfjs-node need not run. All goes to the cache folder ($XDG_CACHE_HOME or ~/.cache); no
project changes. A download that breaks off is resumed. For Linux x64; needs tfjs-node, a C++ compiler, and Python 3 with pip.

Examples:
  $ npm install --ignore-scripts @tensorflow/tfjs-node && npx frac-connections setup
  $ frac-connections setup --gpu
  $ frac-connections setup --list
  $ frac-connections setup --tensorflow ~/libtensorflow`;

const BUILD_HELP = `
Needs CMake 3.18, a C++ compiler (GCC or Clang) and npm, which fetches cmake-js and Node's headers. Prints what is missing.
With nvcc from CUDA 13 the addon includes the CUDA kernels. The addon goes into the installed package, so build again after
you reinstall it.

Examples:
  $ frac-connections build
  $ frac-connections build --cuda off --verbose`;
