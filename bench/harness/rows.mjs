// Results as rows: one JSON object per line, each complete by itself.
import { appendFileSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';

/** The folder of committed rows. */
export const RESULTS = fileURLToPath(new URL('../results', import.meta.url));

const positive = z.number().positive();
const share = z.number();
const common = {
  spread: share,
  samples: z.int().positive(),
  interference: share,
  noisy: z.boolean(),
  machine: z.strictObject({ cpu: z.string(), cores: z.int(), memoryGB: z.number(), system: z.string() }),
  versions: z.record(z.string(), z.string()),
  commit: z.string(),
  date: z.iso.date(),
};
const shape = z.strictObject({
  tokens: z.int().positive(),
  dim: z.int().positive(),
  streams: z.int().positive(),
  fractions: z.int().positive(),
  dynamic: z.boolean(),
  prenorm: z.boolean(),
});

const ops = z.strictObject({
  suite: z.literal('ops'),
  op: z.string(),
  pass: z.enum(['forward', 'backward', 'both']),
  path: z.string(),
  shape,
  threads: z.int().nullable(),
  us: positive,
  cache: z.enum(['in', 'out']),
  gbps: positive.nullable(),
  percentOfCopy: positive.nullable(),
  ofComposition: positive.nullable(),
  ofResidual: positive.nullable(),
  ...common,
});

const scaling = z.strictObject({
  suite: z.literal('scaling'),
  op: z.string(),
  pass: z.enum(['forward', 'both']),
  path: z.string(),
  along: z.enum(['tokens', 'dim', 'fractions', 'streams', 'threads']),
  at: positive,
  shape,
  threads: z.int(),
  us: positive,
  keptBytes: z.number().nonnegative(),
  ...common,
});

const models = z.strictObject({
  suite: z.literal('models'),
  kind: z.enum(['dense', 'moe']),
  wiring: z.string(),
  pass: z.enum(['training', 'inference']),
  path: z.string(),
  sizes: z.record(z.string(), z.number()),
  threads: z.int().nullable(),
  parameters: z.int(),
  flopsPerToken: positive,
  us: positive,
  tokensPerSecond: positive,
  ofResidual: positive.nullable(),
  activationBytes: z.number().nullable(),
  activationsOfResidual: positive.nullable(),
  peakBytes: z.number().nullable(),
  ...common,
});

const rowSchema = z.discriminatedUnion('suite', [ops, scaling, models]);

/** Returns the row if it is valid. Otherwise throws an error with the name of the field. */
export function checkRow(row, where = 'a row') {
  const parsed = rowSchema.safeParse(row);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new Error(`${where}: ${path.join('.') || 'the row'}: ${message}`);
}

export const appendRows = (file, rows) =>
  appendFileSync(file, rows.map(row => `${JSON.stringify(checkRow(row))}\n`).join(''));

export const readRows = file =>
  readFileSync(file, 'utf8')
    .split('\n')
    .map((line, i) => [line, i + 1])
    .filter(([line]) => line.trim() !== '')
    .map(([line, i]) => checkRow(JSON.parse(line), `${file}, line ${i}`));

const KEY = ['suite', 'op', 'pass', 'path', 'shape', 'threads', 'along', 'at', 'kind', 'wiring', 'sizes'];

/**
 * The key of a row: what was measured, independent of the machine and the commit.
 *
 * @param {Record<string, unknown>} row
 */
export const keyOf = row => JSON.stringify(KEY.map(name => row[name]));
