import { z } from 'zod';
import { show } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';
import type { TextData } from './text_data.js';

/** The part of {@link TextData} that the trainer needs. */
export type TrainingData = Pick<TextData, 'context' | 'identity' | 'heldOutTokens' | 'batches' | 'heldOut'>;

/** How a model is trained. */
export interface TrainingOptions {
  /** The result of {@link openData} or {@link openText}. */
  data: TrainingData;
  /** Number of optimizer steps. Default 1000. */
  steps?: number;
  /** Examples per batch. Default 8. */
  batchSize?: number;
  /** Batches per optimizer step. Default 1. */
  accumulate?: number;
  /** The peak learning rate. Default 1e-3. */
  learningRate?: number;
  /** The learning rate at the end of the cosine schedule. Default a tenth of `learningRate`. */
  minLearningRate?: number;
  /** Steps of linear warm-up. Default a tenth of `steps`, at most 100. */
  warmup?: number;
  /** Weight decay of the model's `decayWeights`. Default 0.1. */
  weightDecay?: number;
  /** Default 0.9. */
  beta1?: number;
  /** Default 0.95. */
  beta2?: number;
  /** Default 1e-8. */
  epsilon?: number;
  /** The largest global gradient norm: larger gradients are scaled down to it; 0 for no limit. Default 1. */
  clip?: number;
  /** Steps between evaluations on the held-out part; 0 for none. Default 100. */
  evalEvery?: number;
  /** Batches per evaluation. Default 8. */
  evalBatches?: number;
}

/** How a model is trained, and which files are written. */
export interface TrainerOptions extends TrainingOptions {
  /** Steps between checkpoints; 0 for only one at the end. Default 100. */
  checkpointEvery?: number;
  /** The folder for checkpoints and the log. Without it, none are written. */
  out?: string;
  /** Whether to delete a run that is already in `out`. Default false. */
  overwrite?: boolean;
}

/** {@link TrainingOptions} with every default filled in. */
export type ResolvedTrainingOptions = Required<TrainingOptions>;

/** {@link TrainerOptions} with every default filled in. */
export type ResolvedTrainerOptions = Required<Omit<TrainerOptions, 'out'>> & Pick<TrainerOptions, 'out'>;

const isData = (value: unknown) =>
  typeof value === 'object' &&
  value !== null &&
  'batches' in value &&
  'heldOut' in value &&
  'identity' in value;

const count = z.int('must be an integer, 0 or more').min(0, 'must be an integer, 0 or more');
const positive = z.int('must be an integer, 1 or more').min(1, 'must be an integer, 1 or more');
const amount = z.number('must be a finite number, 0 or more').min(0, 'must be a finite number, 0 or more');
const rate = z.number('must be a number above 0').gt(0, 'must be a number above 0');
const beta = z
  .number('must be 0 or more and below 1')
  .min(0, 'must be 0 or more and below 1')
  .lt(1, 'must be below 1');

const trainingSchema = z.strictObject({
  data: z.custom<TrainingData>(isData, 'must be what openData or openText returns'),
  steps: positive.default(1000),
  batchSize: positive.default(8),
  accumulate: positive.default(1),
  learningRate: rate.default(1e-3),
  minLearningRate: amount.optional(),
  warmup: count.optional(),
  weightDecay: amount.default(0.1),
  beta1: beta.default(0.9),
  beta2: beta.default(0.95),
  epsilon: rate.default(1e-8),
  clip: amount.default(1),
  evalEvery: count.default(100),
  evalBatches: positive.default(8),
});

const trainerSchema = z.strictObject({
  ...trainingSchema.shape,
  checkpointEvery: count.default(100),
  out: z.string('must be a path').min(1, 'must be a path').optional(),
  overwrite: z.boolean('must be true or false').default(false),
});

/**
 * Checks a trainer's options and fills in the defaults.
 *
 * @throws FracConnectionsError `ERR_OPTION`
 */
export function resolveTrainerOptions(options: TrainerOptions): ResolvedTrainerOptions {
  return withDefaults(parse(trainerSchema, options));
}

/** {@link resolveTrainerOptions} for the trainer without files. */
export function resolveTrainingOptions(options: TrainingOptions): ResolvedTrainingOptions {
  return withDefaults(parse(trainingSchema, options));
}

function parse<Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape>, options: object) {
  const parsed = schema.safeParse(options);
  if (!parsed.success) throw describe(parsed.error.issues[0]!, options, Object.keys(schema.shape));
  return parsed.data;
}

function withDefaults<Given extends z.output<typeof trainingSchema>>(given: Given) {
  const { steps, learningRate } = given;
  const minLearningRate = given.minLearningRate ?? learningRate / 10;
  const warmup = given.warmup ?? Math.min(100, Math.floor(steps / 10));
  if (minLearningRate > learningRate) {
    throw optionError(`minLearningRate must be at most learningRate ${learningRate}, got ${minLearningRate}`);
  }
  if (warmup > steps) throw optionError(`warmup must be at most steps ${steps}, got ${warmup}`);
  if (given.evalEvery > 0 && given.data.heldOutTokens === 0) {
    throw optionError('evalEvery must be 0 for data without a held-out part');
  }
  return { ...given, minLearningRate, warmup };
}

function describe(issue: z.core.$ZodIssue, options: object, known: string[]): FracConnectionsError {
  if (issue.code === 'unrecognized_keys') {
    return optionError(`unknown option '${issue.keys[0]}'; the options are ${known.join(', ')}`);
  }
  const name = String(issue.path[0] ?? 'options');
  const got = issue.path.length > 0 ? (options as Record<string, unknown>)[name] : options;
  return optionError(
    `${name} ${issue.path.length > 0 ? issue.message : 'must be an object'}, got ${show(got)}`,
  );
}

const optionError = (problem: string) => new FracConnectionsError('ERR_OPTION', `Trainer: ${problem}`);
