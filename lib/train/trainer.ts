import path from 'node:path';
import { setImmediate as yieldToEvents } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import { FracConnectionsError } from '../errors.js';
import { checkInteger } from '../options.js';
import { AdamW } from './adamw.js';
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
import type { BatchStream } from './data.js';
import { accumulateGradients, type Measured, readTerms } from './gradients.js';
import type { EvaluationRecord, StepRecord } from './log.js';
import { MovingAverage } from './meter.js';
import { type ResolvedTrainerOptions, resolveTrainerOptions, type TrainerOptions } from './options.js';
import { RunFolder } from './run_folder.js';
import { learningRateAt } from './schedule.js';
import { type Trainable, weightGroups } from './trainable.js';

/** A step's record, and how far the run is. */
export interface StepReport extends StepRecord {
  /** Steps in all. */
  steps: number;
  /** Seconds to the last step at the present pace. */
  secondsLeft: number;
}

/** What can be given to {@link Trainer.train}. */
export interface TrainHooks {
  /** Called after every step. */
  onStep?(report: StepReport): void;
  /** Called after every evaluation. */
  onEvaluation?(record: EvaluationRecord): void;
  /** Ends the run after the step it is in, saved. */
  signal?: AbortSignal;
  /** Stop, saved, after this step; the learning rate still follows `steps`. */
  until?: number;
}

/** An evaluation: the held-out loss after a step. */
export interface Evaluation {
  step: number;
  loss: number;
}

/** How a run ended. */
export interface TrainResult {
  step: number;
  /** Whether the signal ended it before its last step. */
  stopped: boolean;
  /** The last step's loss and the moving average; NaN if no step was made. */
  loss: number;
  smoothedLoss: number;
  /** The last evaluation and the best. */
  evaluation: Evaluation | null;
  best: Evaluation | null;
  /** Seconds trained, earlier parts of a resumed run included. */
  seconds: number;
  /** The mean over this call's steps. */
  tokensPerSecond: number;
  /** The latest checkpoint; null without `out`. */
  checkpoint: string | null;
}

// What a resumed run must have in common with its checkpoint. Not the length of the run and of its warm-up (whose default
// follows from it): to train longer is a thing people ask for.
const COURSE = [
  ...(['batchSize', 'accumulate', 'learningRate', 'minLearningRate', 'weightDecay'] as const),
  ...(['beta1', 'beta2', 'epsilon', 'clip'] as const),
];
const SAVED = [...COURSE, 'steps', 'warmup', 'evalEvery', 'evalBatches', 'checkpointEvery'] as const;

/**
 * Trains a model: AdamW in two groups, warm-up and cosine, clipping, accumulation, evaluation, checkpoints and a log.
 *
 * Given the same model, data and options, two runs on tfjs's `cpu` backend give the same losses to the last bit, and a run that was
 * saved and resumed gives those of one that never stopped.
 *
 * With `out`, the folder holds `last.safetensors` and `best.safetensors` (see {@link readCheckpoint}) and `log.jsonl` (a
 * {@link LogRecord} a line).
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
export class Trainer {
  /** Updates made so far. */
  step = 0;
  readonly options: Readonly<ResolvedTrainerOptions>;
  private readonly optimizer: AdamW;
  private readonly batches: BatchStream;
  private readonly smoothed = new MovingAverage(0.98);
  private readonly pace = new MovingAverage(0.9);
  private evaluation: Evaluation | null = null;
  private best: Evaluation | null = null;
  private seconds = 0;
  private loss = Number.NaN;
  private lastSaved: { file: string; step: number } | null = null;
  private readonly folder: RunFolder | null;

  constructor(
    readonly model: Trainable,
    options: TrainerOptions,
  ) {
    this.options = resolveTrainerOptions(options);
    const { data, batchSize, weightDecay, beta1, beta2, epsilon } = this.options;
    this.batches = data.batches(batchSize);
    const { out, overwrite } = this.options;
    this.folder = out === undefined ? null : new RunFolder(out, overwrite);
    this.optimizer = new AdamW(weightGroups(model, weightDecay), { beta1, beta2, epsilon });
  }

  /**
   * Trains to the last step, or to `until`, or until the signal.
   *
   * @throws FracConnectionsError `ERR_DIVERGED` when a loss or gradient is no longer finite: the weights are those before that
   * step, and the last checkpoint stays; `ERR_OPTION` when `out` already holds another run, or for a wrong `until`; `ERR_FILE`
   */
  async train({ onStep, onEvaluation, signal, until }: TrainHooks = {}): Promise<TrainResult> {
    const { steps, evalEvery, checkpointEvery } = this.options;
    if (until !== undefined) checkInteger('Trainer.train', 'until', until, 0);
    const end = Math.min(steps, until ?? steps);
    this.folder?.prepare();
    const first = this.step;
    let training = 0;
    while (this.step < end && !signal?.aborted) {
      const started = performance.now();
      const measured = this.update();
      const elapsed = (performance.now() - started) / 1000;
      training += elapsed;
      this.seconds += elapsed;
      // Whether or not anyone listens: the report also goes to the log.
      const report = this.report(measured, elapsed);
      onStep?.(report);
      if (evalEvery > 0 && (this.step % evalEvery === 0 || this.step === steps))
        await this.evaluateAndKeep(onEvaluation);
      if (checkpointEvery > 0 && this.step % checkpointEvery === 0) this.save();
      await yieldToEvents();
    }
    const made = this.step - first;
    if (made > 0 && this.lastSaved?.step !== this.step) this.save();
    return {
      step: this.step,
      stopped: this.step < end,
      loss: this.loss,
      smoothedLoss: this.smoothed.value,
      evaluation: this.evaluation,
      best: this.best,
      seconds: this.seconds,
      tokensPerSecond: (made * this.tokensPerStep) / training,
      checkpoint: this.lastSaved?.file ?? null,
    };
  }

  /**
   * The mean loss over the held-out part's fixed windows, the same ones every time.
   *
   * @throws FracConnectionsError `ERR_DATA` for data without a held-out part
   */
  async evaluate(): Promise<number> {
    const { data, batchSize, evalBatches } = this.options;
    if (data.heldOutTokens === 0) {
      throw new FracConnectionsError(
        'ERR_DATA',
        'Trainer.evaluate: the data must have a held-out part, has none',
      );
    }
    let sum = 0;
    let windows = 0;
    for (const batch of data.heldOut(batchSize, evalBatches)) {
      const size = batch.tokens.shape[0];
      try {
        sum += size * readLoss(this.model, batch.tokens, batch.targets);
      } finally {
        tf.dispose([batch.tokens, batch.targets]);
      }
      windows += size;
      await yieldToEvents();
    }
    return sum / windows;
  }

  /**
   * Writes a checkpoint to `out`, as the latest.
   *
   * @throws FracConnectionsError `ERR_FILE`, or `ERR_DIVERGED` when a weight is not finite; the old one stays in both cases
   */
  save(): void {
    this.write(LAST);
  }

  /**
   * Carries on from a checkpoint: a file, or a run's folder for its latest. Call it before {@link train}. The log in `out` is cut
   * back to the checkpoint's step when training starts.
   *
   * @throws FracConnectionsError `ERR_CHECKPOINT` when it is missing, damaged, or of another model, data or course of training;
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

  /** Frees the optimizer's state; the model stays. */
  dispose(): void {
    this.optimizer.dispose();
  }

  private get tokensPerStep(): number {
    const { data, batchSize, accumulate } = this.options;
    return batchSize * accumulate * data.context;
  }

  // One update of the weights. Nothing is changed when a value is not finite.
  private update(): Measured {
    const { accumulate, clip } = this.options;
    const measured = accumulateGradients(this.model, this.optimizer, this.batches, accumulate);
    try {
      const { terms, gradientNorm, packed } = measured;
      const bad = Object.entries({ ...terms, 'gradient norm': gradientNorm }).find(
        ([, x]) => !Number.isFinite(x),
      );
      if (bad) throw this.diverged(`the ${bad[0]} became ${bad[1]}`);
      const scale = clip > 0 && gradientNorm > clip ? clip / gradientNorm : 1;
      this.optimizer.apply(packed, learningRateAt(this.step, this.options), scale / accumulate);
      this.step++;
      this.loss = terms.loss!;
      this.smoothed.add(this.loss);
      return measured;
    } finally {
      tf.dispose(measured.packed);
    }
  }

  private report({ terms, gradientNorm }: Measured, elapsed: number): StepReport {
    this.pace.add(elapsed);
    const record: StepRecord = {
      event: 'step',
      step: this.step,
      loss: this.loss,
      smoothedLoss: this.smoothed.value,
      terms,
      learningRate: learningRateAt(this.step - 1, this.options),
      gradientNorm,
      tokensPerSecond: this.tokensPerStep / this.pace.value,
      seconds: this.seconds,
      rss: process.memoryUsage.rss(),
      tensorBytes: tf.memory().numBytes,
      time: new Date().toISOString(),
    };
    this.folder?.append(record);
    const { steps } = this.options;
    return { ...record, steps, secondsLeft: (steps - this.step) * this.pace.value };
  }

  private async evaluateAndKeep(onEvaluation: TrainHooks['onEvaluation']): Promise<void> {
    const loss = await this.evaluate();
    if (!Number.isFinite(loss)) throw this.diverged(`the held-out loss became ${loss}`, this.step);
    this.evaluation = { step: this.step, loss };
    const record = { event: 'evaluation' as const, step: this.step, loss, seconds: this.seconds };
    const dated = { ...record, time: new Date().toISOString() };
    this.folder?.append(dated);
    onEvaluation?.(dated);
    if (this.best && loss >= this.best.loss) return;
    this.best = { step: this.step, loss };
    this.write(LAST, BEST);
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

  private diverged(what: string, step = this.step + 1): FracConnectionsError {
    const rate = learningRateAt(step - 1, this.options).toPrecision(3);
    const kept = this.lastSaved
      ? `the last good checkpoint is ${this.lastSaved.file} (step ${this.lastSaved.step})`
      : 'no checkpoint had been saved';
    return new FracConnectionsError(
      'ERR_DIVERGED',
      `Trainer: ${what} at step ${step} (learning rate ${rate}); ${kept}; a lower learning rate may help`,
    );
  }
}

function readLoss(model: Trainable, tokens: tf.Tensor2D, targets: tf.Tensor2D): number {
  let loss = Number.NaN;
  tf.tidy(() => {
    loss = readTerms(model.loss(tokens, targets)).loss!;
  });
  return loss;
}

function allFinite(weights: Readonly<Record<string, tf.Tensor>>): boolean {
  return Object.values(weights).every(weight => weight.dataSync().every(Number.isFinite));
}

function pick<Key extends string>(from: { readonly [name in Key]?: unknown }, names: readonly Key[]) {
  return Object.fromEntries(names.map(name => [name, from[name] as number]));
}
