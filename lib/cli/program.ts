import { Command, CommanderError, Option } from 'commander';
import { FracConnectionsError } from '../common/errors.js';
import { defaults } from './defaults.js';
import { openOutput } from './output.js';
import { type Given, readConfig, readFlags } from './settings.js';
import {
  buildSpec,
  compareSpec,
  dashed,
  doctorSpec,
  type OptionSpec,
  sampleSpec,
  trainSpec,
} from './spec.js';
import { UsageError } from './usage.js';
import { packageVersion } from './version.js';

/** A command's work: its options as given, and what is needed beside them. Returns the exit code. */
type Action = (given: Given, args: string[]) => Promise<number>;

const OK = 0;
const FAILED = 1;
const USAGE = 2;

// Commands load their code when they run, so that --help and a mistyped flag answer at once.
const train: Action = async given => (await import('./train.js')).train(given);
const compare: Action = async given => (await import('./compare.js')).compare(given);
const sample: Action = async (given, args) => (await import('./sample.js')).sample(args[0] as string, given);
const check: Action = async given => {
  const { doctor } = await import('./doctor.js');
  await doctor(given.json === true, openOutput(false));
  return OK;
};
const compile: Action = async given => (await import('./build.js')).build(given, openOutput(false));

/**
 * Runs the command line.
 *
 * @param args without node and script
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
  // Commander has said its piece already; help and version arrive here too, with code 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? OK : USAGE;
  const usage =
    error instanceof UsageError || (error instanceof FracConnectionsError && error.code === 'ERR_OPTION');
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`frac-connections: ${message}\n`);
  if (debug && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  else if (!usage && !(error instanceof FracConnectionsError)) {
    process.stderr.write('This may be a bug; --debug shows where it happened.\n');
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
    'train several wirings on the same data and report',
    compareSpec,
    compare,
    done,
  ).addHelpText('after', COMPARE_HELP);
  add(program, 'sample', 'write text with a trained model', sampleSpec, sample, done)
    .argument('<run>', 'folder of a run, or of one wiring of a comparison')
    .addHelpText('after', SAMPLE_HELP);
  add(program, 'doctor', 'show what is installed and what runs where', doctorSpec, check, done);
  add(
    program,
    'build',
    'compile the native addon for this machine, where the package brings none',
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

/** Shown in help; they hold on every backend. */
const OWN_DEFAULTS: Given = {
  wiring: 'dfc',
  wirings: 'residual,sfc4,dfc4',
  norm: 'rms',
  backend: 'auto',
  checkpoint: 'last',
  tokens: 300,
  temperature: 0.8,
  cuda: 'auto',
  topK: 0,
  seed: 0,
};

// `error: unknown option '--stpes'\n(Did you mean --steps?)` as one line.
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
  $ frac-connections compare                    residual, SFCx4 and DFCx4 on a book, with a report
  $ frac-connections train --wiring dfc2 --data notes/ --out runs/notes
  $ frac-connections sample runs/notes --prompt "The sea"
  $ frac-connections doctor                     is TensorFlow there, and if not, why not

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C (the run is saved).`;

const TRAIN_HELP = `${SIZES}

Examples:
  $ frac-connections train                                   DFCx4 on the embedded book
  $ frac-connections train --wiring residual --steps 2000 --out runs/residual
  $ frac-connections train --wiring dfc2 --no-tanh --seed 7
  $ frac-connections train --wiring dhc2 --experts 8 --experts-per-token 2
  $ frac-connections train --config run.json --lr 0.001      {"wiring": "dfc4", "dim": 192, "evalEvery": 50}
  $ frac-connections train --resume runs/residual            after Ctrl-C, or with more --steps`;

const COMPARE_HELP = `${SIZES}
The table goes to stdout; the HTML report and all checkpoints go to the folder.

Examples:
  $ frac-connections compare
  $ frac-connections compare --wirings residual,dfc2,dfc4,dfc4-no-tanh --steps 1000
  $ frac-connections compare --data notes/ --tokenizer gpt2 --out runs/notes
  $ frac-connections compare --resume runs/notes             after Ctrl-C`;

const SAMPLE_HELP = `
Examples:
  $ frac-connections sample runs/notes --prompt "The sea" --tokens 500
  $ frac-connections sample runs/comparison/dfc4 --checkpoint best --temperature 0`;

const BUILD_HELP = `
Needs CMake 3.18, a C++ compiler (GCC or Clang) and npm, which fetches cmake-js and Node's headers; says what is missing. With
nvcc of CUDA 13 the addon has its CUDA kernels. It goes into the installed package: after that is installed anew, build again.

Examples:
  $ frac-connections build
  $ frac-connections build --cuda off --verbose`;
