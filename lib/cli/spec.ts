import * as z from 'zod';

/** One option of a command. */
export interface OptionSpec {
  /** Its name in a configuration file. Commander uses the same name. */
  key: string;
  /** The flag as commander expects it: `--steps <n>`. */
  flags: string;
  help: string;
  /** Heading in `--help`. */
  group: string;
  schema: z.ZodType;
  /** How the text on the command line becomes a value. */
  read: 'number' | 'text' | 'flag';
  /** Not allowed in a configuration file. */
  flagOnly?: boolean;
}

const count = z.int().min(1);
const none = z.int().min(0);
const positive = z.number().positive();
const notNegative = z.number().min(0);
const text = z.string().min(1);

const n = (key: string, help: string, schema: z.ZodType = count): Omit<OptionSpec, 'group'> => ({
  key,
  flags: `--${dashed(key)} <n>`,
  help,
  schema,
  read: 'number',
});
const t = (
  key: string,
  value: string,
  help: string,
  schema: z.ZodType = text,
): Omit<OptionSpec, 'group'> => ({
  key,
  flags: `--${dashed(key)} <${value}>`,
  help,
  schema,
  read: 'text',
});
const off = (key: string, help: string): Omit<OptionSpec, 'group'> => ({
  key,
  flags: `--no-${dashed(key)}`,
  help,
  schema: z.boolean(),
  read: 'flag',
});
const on = (key: string, help: string): Omit<OptionSpec, 'group'> => ({
  ...off(key, help),
  flags: `--${dashed(key)}`,
});

const group = (name: string, ...options: Omit<OptionSpec, 'group'>[]): OptionSpec[] =>
  options.map(option => ({ ...option, group: `${name}:` }));

/** `evalEvery` as `eval-every`. */
export function dashed(key: string): string {
  return key.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);
}

const model = group(
  'Model',
  n('layers', 'transformer layers'),
  n('dim', 'width of the hidden state'),
  n('heads', 'attention heads'),
  n('kvHeads', 'key and value heads (default: as many as --heads)'),
  n('ffnDim', 'hidden width of the feed-forward network, or of each expert (default: 8/3 of --dim)'),
  n('experts', 'experts per layer; 0 for a dense feed-forward network', none),
  n('expertsPerToken', 'experts that process each token'),
);

const data = group(
  'Data',
  t('data', 'path', 'UTF-8 text file, or a folder of text files (default: Moby-Dick, in the package)'),
  t('tokenizer', 'name', 'byte or gpt2; gpt2 needs the package gpt-tokenizer', z.enum(['byte', 'gpt2'])),
  n('context', 'tokens per sequence'),
);

const training = group(
  'Training',
  n('steps', 'optimizer steps'),
  {
    ...n('minutes', 'time for the whole command; chooses the number of steps, instead of --steps', positive),
    flagOnly: true,
  },
  n('batch', 'sequences per batch'),
  n('accumulate', 'batches per optimizer step'),
  n('lr', 'peak learning rate', positive),
  n('decay', 'weight decay (AdamW)', notNegative),
  n(
    'warmup',
    'steps of linear warm-up of the learning rate (default: a tenth of the steps, at most 100)',
    none,
  ),
  n('clip', 'largest global gradient norm; 0 for no limit', notNegative),
  n('seed', 'seed of the initial weights and of the order of the data', none),
);

const run = group(
  'Run',
  t('out', 'dir', 'folder for checkpoints and log (default: runs/<time>)'),
  n('evalEvery', 'steps between evaluations on held-out text (default: a tenth of the steps)'),
  n('evalBatches', 'batches per evaluation'),
  n('checkpointEvery', 'steps between checkpoints (default: a quarter of the steps)'),
);

const general = group(
  'General',
  t('backend', 'name', 'auto, tensorflow or cpu (pure JavaScript)', z.enum(['auto', 'tensorflow', 'cpu'])),
  {
    ...t('config', 'file', 'JSON file with options, named in camelCase; the command line takes precedence'),
    flagOnly: true,
  },
  on('quiet', 'print only warnings and results'),
  { ...on('debug', 'print the stack of an error'), flagOnly: true },
);

const resume = (what: string) =>
  group('Run', { ...t('resume', 'dir', `continue ${what} that was stopped`), flagOnly: true });

/** Options of `train`. */
export const trainSpec: OptionSpec[] = [
  ...group(
    'Wiring',
    t(
      'wiring',
      'name',
      'residual, sfc, dfc, shc, dhc (static or dynamic, frac or hyper) or mhc; with a rate, as in dfc4, and i for no mixing, as in dfc4i',
    ),
    n('rate', 'number of fractions (frac) or streams (hyper)'),
    off('dynamicAlpha', 'dynamic wiring: keep alpha static'),
    off('dynamicBeta', 'dynamic wiring: keep beta static'),
    off('tanh', 'dynamic wiring: leave out the tanh'),
    off('scale', 'dynamic wiring: leave out the learned scales'),
    t(
      'norm',
      'name',
      'dynamic wiring: norm before the dynamic coefficients: rms, layer or none',
      z.enum(['rms', 'layer', 'none']),
    ),
  ),
  ...model,
  ...data,
  ...training,
  ...run,
  ...resume('a run'),
  ...general,
];

/** Options of `compare`. */
export const compareSpec: OptionSpec[] = [
  ...group(
    'Wiring',
    t('wirings', 'list', 'wirings, separated by commas; ablations are suffixes, as in dfc4-no-tanh'),
    n('rate', 'rate of the wirings that are named without one'),
  ),
  ...model,
  ...data,
  ...training,
  ...run,
  ...resume('a comparison'),
  ...group('Run', { ...on('open', 'open the report in the browser at the end'), flagOnly: true }),
  ...general,
];

/** Options of `sample`. */
export const sampleSpec: OptionSpec[] = [
  ...group(
    'Sampling',
    t('checkpoint', 'which', 'last or best (lowest held-out loss)', z.enum(['last', 'best'])),
    t('prompt', 'text', 'text that the sample starts with'),
    n('tokens', 'tokens to generate', none),
    n('temperature', '0 always takes the most likely token; higher values vary more', notNegative),
    n('topK', 'sample from the k most likely tokens; 0 for all', none),
    n('seed', 'seed of the sampling', none),
  ),
  ...general,
];

/** Options of `doctor`. */
export const doctorSpec: OptionSpec[] = group(
  'General',
  { ...on('json', 'print JSON'), flagOnly: true },
  { ...on('debug', 'print the stack of an error'), flagOnly: true },
);

/** Options of `build`. */
export const buildSpec: OptionSpec[] = group(
  'General',
  {
    ...t(
      'cuda',
      'choice',
      'CUDA kernels: on, off or auto (on if nvcc is found)',
      z.enum(['on', 'off', 'auto']),
    ),
    flagOnly: true,
  },
  { ...on('verbose', 'print the output of CMake and the compiler'), flagOnly: true },
  { ...on('debug', 'print the stack of an error'), flagOnly: true },
);

/** Options of `setup`. */
export const setupSpec: OptionSpec[] = [
  ...group(
    'What to do',
    {
      ...on('gpu', 'prepare TensorFlow for CUDA GPUs, with the CUDA libraries that it needs'),
      flagOnly: true,
    },
    {
      ...t('tensorflow', 'folder', 'use your own unpacked TensorFlow: libraries and headers of the C API'),
      flagOnly: true,
    },
    { ...on('list', 'show what is prepared, and its size'), flagOnly: true },
    { ...on('remove', 'remove all that set-up has downloaded and built'), flagOnly: true },
  ),
  ...group(
    'General',
    { ...on('yes', 'do not ask before a download'), flagOnly: true },
    { ...on('debug', 'print the stack of an error'), flagOnly: true },
  ),
];
