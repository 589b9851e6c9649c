import * as z from 'zod';

/** One option of a command: its flag, its key in a configuration file, its rule and its help. */
export interface OptionSpec {
  /** Name in a configuration file, and commander's name for the flag. */
  key: string;
  /** As commander reads it: `--steps <n>`. */
  flags: string;
  help: string;
  /** Heading in `--help`. */
  group: string;
  schema: z.ZodType;
  /** How the flag's text becomes a value. */
  read: 'number' | 'text' | 'flag';
  /** Not taken from a configuration file. */
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
  n('kvHeads', 'key and value heads (default: as --heads)'),
  n('ffnDim', 'hidden width of the feed-forward network or of one expert (default: 8/3 of --dim)'),
  n('experts', 'experts a layer, 0 for a dense feed-forward network', none),
  n('expertsPerToken', 'experts that each token goes to'),
);

const data = group(
  'Data',
  t('data', 'path', 'a UTF-8 text file, or a folder of them (default: the embedded book)'),
  t('tokenizer', 'name', 'byte, or gpt2 (needs the package gpt-tokenizer)', z.enum(['byte', 'gpt2'])),
  n('context', 'tokens a sequence'),
);

const training = group(
  'Training',
  n('steps', 'optimizer steps'),
  n('batch', 'sequences a batch'),
  n('accumulate', 'batches whose gradients make one step'),
  n('lr', 'peak learning rate', positive),
  n('decay', 'weight decay (AdamW)', notNegative),
  n('warmup', 'steps over which the learning rate rises (default: a tenth of --steps, at most 100)', none),
  n('clip', 'largest norm of all gradients together, 0 for no limit', notNegative),
  n('seed', 'seed of the initial weights and of the data order', none),
);

const run = group(
  'Run',
  t('out', 'dir', 'folder for checkpoints, log and report (default: runs/<time>)'),
  n('evalEvery', 'steps between evaluations on held-out text (default: a tenth of --steps)'),
  n('evalBatches', 'held-out batches an evaluation'),
  n('checkpointEvery', 'steps between checkpoints (default: a quarter of --steps)'),
);

const general = group(
  'General',
  t('backend', 'name', 'auto, tensorflow or cpu (pure JavaScript)', z.enum(['auto', 'tensorflow', 'cpu'])),
  {
    ...t(
      'config',
      'file',
      'options from a JSON file, by their long names in camelCase; the command line wins',
    ),
    flagOnly: true,
  },
  on('quiet', 'only warnings and results'),
  { ...on('debug', 'show the stack of an error'), flagOnly: true },
);

const resume = (what: string) =>
  group('Run', { ...t('resume', 'dir', `go on with ${what} that was stopped`), flagOnly: true });

/** Options of `train`. */
export const trainSpec: OptionSpec[] = [
  ...group(
    'Wiring',
    t(
      'wiring',
      'name',
      'residual, sfc, dfc, shc or dhc (static or dynamic, frac or hyper); dfc4 gives the rate too',
    ),
    n('rate', 'fractions (frac) or streams (hyper)'),
    off('dynamicAlpha', 'dynamic wiring: keep alpha static'),
    off('dynamicBeta', 'dynamic wiring: keep beta static'),
    off('tanh', 'dynamic wiring: without tanh'),
    off('scale', 'dynamic wiring: without the learned scales'),
    t('norm', 'name', 'dynamic wiring: rms, layer or none', z.enum(['rms', 'layer', 'none'])),
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
    t('wirings', 'list', 'wirings, separated by commas; ablations as in dfc4-no-tanh'),
    n('rate', 'rate of the wirings that name none'),
  ),
  ...model,
  ...data,
  ...training,
  ...run,
  ...resume('a comparison'),
  ...general,
];

/** Options of `sample`. */
export const sampleSpec: OptionSpec[] = [
  ...group(
    'Sampling',
    t('checkpoint', 'which', 'last or best (lowest held-out loss)', z.enum(['last', 'best'])),
    t('prompt', 'text', 'text to go on from'),
    n('tokens', 'tokens to write', none),
    n('temperature', '0 always takes the most likely token; higher is more varied', notNegative),
    n('topK', 'choose among the k most likely tokens, 0 for all', none),
    n('seed', 'seed of the choice', none),
  ),
  ...general,
];

/** Options of `doctor`. */
export const doctorSpec: OptionSpec[] = group(
  'General',
  { ...on('json', 'print JSON'), flagOnly: true },
  { ...on('debug', 'show the stack of an error'), flagOnly: true },
);

/** Options of `build`. */
export const buildSpec: OptionSpec[] = group(
  'General',
  {
    ...t(
      'cuda',
      'choice',
      'CUDA kernels: on, off or auto (where nvcc is found)',
      z.enum(['on', 'off', 'auto']),
    ),
    flagOnly: true,
  },
  { ...on('verbose', 'show what CMake and the compiler print'), flagOnly: true },
  { ...on('debug', 'show the stack of an error'), flagOnly: true },
);
