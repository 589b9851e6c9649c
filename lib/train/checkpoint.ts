import fs from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { optionError } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';
import { writeFileAtomic } from '../common/files.js';
import type { RandomState } from '../common/random.js';
import { decodeSafetensors, encodeSafetensors } from '../safetensors/safetensors.js';
import type { DataIdentity } from './text_data.js';
import type { Trainable } from './trainable.js';

const FORMAT = 'frac-connections checkpoint 1';
const OPTIMIZER = 'optimizer.';

/** The state of a run without its tensors. */
export interface CheckpointState {
  /** Updates made. */
  step: number;
  /** The model's `toJSON()`. */
  model?: unknown;
  /** The trainer's numeric options. */
  options: Record<string, number>;
  /** Identifies the data. */
  data: DataIdentity;
  /** The position in the order of the data. */
  order: RandomState;
  /** The smoothed loss: a weighted sum and the sum of the weights. */
  smoothed: { sum: number; weight: number };
  /** The best evaluation so far. */
  best: { step: number; loss: number } | null;
  /** The last evaluation. */
  evaluation: { step: number; loss: number } | null;
  /** Seconds trained. */
  seconds: number;
}

const evaluation = z.object({ step: z.int(), loss: z.number() }).nullable();

const stateSchema: z.ZodType<CheckpointState> = z.object({
  step: z.int().min(0),
  model: z.unknown(),
  options: z.record(z.string(), z.number()),
  data: z.object({
    tokenizer: z.enum(['byte', 'gpt2']),
    context: z.int(),
    seed: z.number(),
    holdout: z.number(),
    tokens: z.int(),
    sha256: z.string(),
  }),
  order: z.object({
    words: z.tuple([z.int(), z.int(), z.int(), z.int()]),
    spare: z.number().nullable(),
  }),
  smoothed: z.object({ sum: z.number(), weight: z.number() }),
  best: evaluation,
  evaluation,
  seconds: z.number(),
});

/** A checkpoint in memory. Dispose it after its tensors have been copied. */
export interface Checkpoint {
  /** The file that it was read from. */
  file: string;
  state: CheckpointState;
  /** The model's weights by name. */
  weights: Record<string, tf.Tensor>;
  /** The optimizer's state by name. */
  optimizer: Record<string, tf.Tensor>;
  dispose(): void;
}

/** A run's latest checkpoint. */
export const LAST = 'last.safetensors';
/** A run's checkpoint with the lowest evaluation loss. */
export const BEST = 'best.safetensors';

/**
 * Writes a checkpoint as one safetensors file: the weights under their names, the optimizer's state under `optimizer.`, the
 * run's state as JSON in the metadata. It is one file so that one rename replaces it.
 *
 * @throws FracConnectionsError `ERR_FILE`; the old checkpoint is kept
 */
export function writeCheckpoint(
  files: readonly string[],
  state: CheckpointState,
  weights: Readonly<Record<string, tf.Tensor>>,
  optimizer: Readonly<Record<string, tf.Tensor>>,
): void {
  const moments = Object.entries(optimizer).map(([name, tensor]) => [OPTIMIZER + name, tensor] as const);
  const tensors = { ...weights, ...Object.fromEntries(moments) };
  const bytes = encodeSafetensors(tensors, { format: FORMAT, state: JSON.stringify(state) });
  for (const file of files) writeFileAtomic(file, bytes);
}

/**
 * Reads a checkpoint: a file, or a run's folder for its latest.
 *
 * @throws FracConnectionsError `ERR_CHECKPOINT` if it is missing or damaged or is not a checkpoint
 * @example
 * ```ts
 * const checkpoint = readCheckpoint('runs/mine');
 * const model = LanguageModel.fromJSON(checkpoint.state.model as LanguageModelOptions);
 * loadWeights(model, checkpoint);
 * checkpoint.dispose();
 * ```
 */
export function readCheckpoint(target: string): Checkpoint {
  if (typeof target !== 'string') throw optionError('readCheckpoint', 'target', 'must be a path', target);
  const file = checkpointFile(target);
  let bytes: Uint8Array;
  try {
    bytes = fs.readFileSync(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw checkpointError(file, code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`, cause);
  }
  const { tensors, metadata } = decode(file, bytes);
  try {
    const state = parseState(file, metadata);
    const [weights, optimizer]: Record<string, tf.Tensor>[] = [{}, {}];
    for (const [name, tensor] of Object.entries(tensors)) {
      if (name.startsWith(OPTIMIZER)) optimizer![name.slice(OPTIMIZER.length)] = tensor;
      else weights![name] = tensor;
    }
    return { file, state, weights: weights!, optimizer: optimizer!, dispose: () => tf.dispose(tensors) };
  } catch (error) {
    tf.dispose(tensors);
    throw error;
  }
}

/**
 * Loads a checkpoint's weights into a model of the same configuration.
 *
 * @throws FracConnectionsError `ERR_CHECKPOINT`; it names the first setting that differs
 */
export function loadWeights(
  model: Pick<Trainable, 'toJSON' | 'loadStateDict'>,
  checkpoint: Checkpoint,
): void {
  expectModel(model, checkpoint);
  expectFit(checkpoint, () => model.loadStateDict(checkpoint.weights));
}

/** Throws if the checkpoint's model has another configuration. */
export function expectModel(model: Pick<Trainable, 'toJSON'>, checkpoint: Checkpoint): void {
  // The saved configuration went through JSON, which drops undefined values. They must not count as a difference.
  expectSame(checkpoint, 'model', checkpoint.state.model, JSON.parse(JSON.stringify(model.toJSON())));
}

/** Runs an action on a checkpoint's tensors. If it throws, the error says that the checkpoint does not fit. */
export function expectFit(checkpoint: Checkpoint, action: () => void): void {
  try {
    action();
  } catch (cause) {
    throw checkpointError(checkpoint.file, `does not fit: ${(cause as Error).message}`, cause);
  }
}

/** Throws if a part of the checkpoint differs from this run. The error names the first difference. */
export function expectSame(checkpoint: Checkpoint, name: string, saved: unknown, here: unknown): void {
  const difference = firstDifference(name, saved, here);
  if (difference) throw checkpointError(checkpoint.file, `is of another run: ${difference}`);
}

function firstDifference(name: string, saved: unknown, here: unknown): string | null {
  if (isObject(saved) && isObject(here)) {
    for (const key of new Set([...Object.keys(saved), ...Object.keys(here)])) {
      const difference = firstDifference(`${name}.${key}`, saved[key], here[key]);
      if (difference) return difference;
    }
    return null;
  }
  if (saved === here) return null;
  return `${name} is ${JSON.stringify(saved) ?? 'absent'} there and ${JSON.stringify(here) ?? 'absent'} here`;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

function checkpointFile(target: string): string {
  const folder = fs.statSync(target, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return folder ? path.join(target, LAST) : target;
}

function decode(file: string, bytes: Uint8Array) {
  try {
    return decodeSafetensors(bytes);
  } catch (cause) {
    throw checkpointError(file, `is damaged or is not a checkpoint: ${(cause as Error).message}`, cause);
  }
}

function parseState(file: string, metadata: Readonly<Record<string, string>>): CheckpointState {
  if (metadata.format !== FORMAT)
    throw checkpointError(file, 'holds weights but is not a checkpoint of a run');
  try {
    return stateSchema.parse(JSON.parse(metadata.state ?? ''));
  } catch (cause) {
    throw checkpointError(file, 'is damaged: its state cannot be read', cause);
  }
}

function checkpointError(file: string, problem: string, cause?: unknown): FracConnectionsError {
  return new FracConnectionsError('ERR_CHECKPOINT', `readCheckpoint: ${file} ${problem}`, { cause });
}
