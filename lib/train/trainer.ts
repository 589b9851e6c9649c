import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {
  BEST,
  expectFit,
  expectModel,
  expectSame,
  LAST,
  loadWeights,
  readCheckpoint,
  writeCheckpoint,
} from './checkpoint.js';
import { type ResolvedTrainerOptions, resolveTrainerOptions, type TrainerOptions } from './options.js';
import type { EvaluationRecord, StepMeasurements, StepRecord } from './records.js';
import { RunFolder } from './run_folder.js';
import type { Trainable } from './trainable.js';
import { type Progress, type TrainHooks, TrainingLoop, type TrainingResult } from './training_loop.js';

/** The record of a step and the progress of the run. */
export interface StepReport extends StepRecord, Progress {}

/** How a run ended. */
export interface TrainResult extends TrainingResult {
  /** The latest checkpoint; null without `out`. */
  checkpoint: string | null;
}

// The options that a resumed run must share with its checkpoint. The number of steps and the warm-up, whose default depends
// on it, may differ: people resume a run to train longer.
const COURSE = [
  ...(['batchSize', 'accumulate', 'learningRate', 'minLearningRate', 'weightDecay'] as const),
  ...(['beta1', 'beta2', 'epsilon', 'clip'] as const),
];
const SAVED = [...COURSE, 'steps', 'warmup', 'evalEvery', 'evalBatches', 'checkpointEvery'] as const;

/**
 * Trains a model: AdamW with two weight groups, warm-up and cosine schedule, gradient clipping, gradient accumulation,
 * evaluation, checkpoints and a log.
 *
 * Two runs with the same model, data and options on the same machine give the same losses, bit for bit. So does a run that was
 * saved and resumed. This holds for tfjs's `cpu` backend and for TensorFlow on a CPU, not for TensorFlow on a GPU.
 *
 * With `out`, that folder holds `last.safetensors` and `best.safetensors` (see {@link readCheckpoint}) and `log.jsonl` (one
 * {@link LogRecord} per line).
 *
 * @throws FracConnectionsError `ERR_OPTION`, `ERR_WEIGHTS`
 * @example
 * ```ts
 * const data = await openData('book.txt', { context: 128 });
 * const model = new LanguageModel({ vocabSize: 256, dim: 128, layers: 4, heads: 4, context: 128 });
 * const trainer = new Trainer(model, { data, steps: 500, out: 'runs/mine' });
 * const { evaluation } = await trainer.train({ onStep: ({ step, loss }) => console.log(step, loss) });
 * trainer.dispose();
 * ```
 */
export class Trainer extends TrainingLoop<StepRecord> {
  declare readonly options: Readonly<ResolvedTrainerOptions>;
  private lastSaved: { file: string; step: number } | null = null;
  private readonly folder: RunFolder | null;

  constructor(model: Trainable, options: TrainerOptions) {
    const resolved = resolveTrainerOptions(options);
    super(model, resolved);
    const { out, overwrite } = resolved;
    this.folder = out === undefined ? null : new RunFolder(out, overwrite);
  }

  /**
   * Trains to the last step, or to `until`, or until the signal.
   *
   * @throws FracConnectionsError `ERR_DIVERGED` if a loss or gradient is not finite: the weights are those before that
   * step, and the last checkpoint is kept; `ERR_OPTION` if `out` already holds another run, or for a wrong `until`; `ERR_FILE`
   */
  override async train(hooks: TrainHooks<StepReport> = {}): Promise<TrainResult> {
    const result = await super.train(hooks);
    return { ...result, checkpoint: this.lastSaved?.file ?? null };
  }

  /**
   * Writes a checkpoint to `out` as the latest one.
   *
   * @throws FracConnectionsError `ERR_FILE`, or `ERR_DIVERGED` if a weight is not finite; the old checkpoint is kept in both cases
   */
  save(): void {
    this.write(LAST);
  }

  /**
   * Loads a checkpoint to continue from: a file, or a run's folder for its latest one. Call it before {@link train}. When training
   * starts, the lines after the checkpoint's step are removed from the log in `out`.
   *
   * @throws FracConnectionsError `ERR_CHECKPOINT` if it is missing, damaged, or of another model, other data or other options;
   * no file is changed
   */
  load(target: string): void {
    const checkpoint = readCheckpoint(target);
    try {
      const { state } = checkpoint;
      expectSame(checkpoint, 'options', pick(state.options, COURSE), pick(this.options, COURSE));
      expectSame(checkpoint, 'data', state.data, this.options.data.identity);
      if (state.step > this.options.steps) {
        expectSame(checkpoint, 'step', state.step, this.options.steps);
      }
      expectModel(this.model, checkpoint);
      expectFit(checkpoint, () => this.optimizer.checkStateDict(checkpoint.optimizer));
      loadWeights(this.model, checkpoint);
      this.optimizer.loadStateDict(checkpoint.optimizer, state.step);
      this.batches.restore(state.order);
      this.smoothed.restore(state.smoothed);
      this.step = state.step;
      this.best = state.best;
      this.evaluation = state.evaluation;
      this.seconds = state.seconds;
      this.lastSaved = { file: checkpoint.file, step: state.step };
      this.folder?.resume(path.dirname(checkpoint.file), state.step);
    } finally {
      checkpoint.dispose();
    }
  }

  protected override begin(): void {
    this.folder?.prepare();
  }

  protected override complete(measured: StepMeasurements): StepRecord {
    const record = { ...measured, rss: process.memoryUsage.rss() };
    this.folder?.append(record);
    return record;
  }

  protected override evaluated(record: EvaluationRecord): void {
    this.folder?.append(record);
  }

  protected override improved(): void {
    this.write(LAST, BEST);
  }

  protected override stepped(): void {
    const { checkpointEvery } = this.options;
    if (checkpointEvery > 0 && this.step % checkpointEvery === 0) this.save();
  }

  protected override ended(): void {
    if (this.lastSaved?.step !== this.step) this.save();
  }

  protected override remains(): string {
    return this.lastSaved
      ? `; the last good checkpoint is ${this.lastSaved.file} (step ${this.lastSaved.step})`
      : '; no checkpoint had been saved';
  }

  private write(...names: string[]): void {
    if (!this.folder) return;
    this.folder.prepare();
    const files = names.map(name => path.join(this.folder!.path, name));
    const weights = this.model.stateDict();
    const optimizer = this.optimizer.stateDict();
    try {
      if (!allFinite(weights)) throw this.diverged('a weight became NaN or infinite', this.step);
      const state = {
        step: this.step,
        model: this.model.toJSON(),
        options: pick(this.options, SAVED),
        data: { ...this.options.data.identity },
        order: this.batches.state(),
        smoothed: this.smoothed.save(),
        best: this.best,
        evaluation: this.evaluation,
        seconds: this.seconds,
      };
      writeCheckpoint(files, state, weights, optimizer);
      this.lastSaved = { file: files[0]!, step: this.step };
    } finally {
      tf.dispose(optimizer);
    }
  }
}

function allFinite(weights: Readonly<Record<string, tf.Tensor>>): boolean {
  return Object.values(weights).every(weight => weight.dataSync().every(Number.isFinite));
}

function pick<Key extends string>(from: { readonly [name in Key]?: unknown }, names: readonly Key[]) {
  return Object.fromEntries(names.map(name => [name, from[name] as number]));
}
