import * as tf from '@tensorflow/tfjs-core';
import { checkInteger } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';
import { AdamW } from './adamw.js';
import { accumulateGradients, type Measured, readTerms } from './gradients.js';
import { MovingAverage } from './meter.js';
import type { ResolvedTrainingOptions } from './options.js';
import type { EvaluationRecord, StepMeasurements, StepRecord } from './records.js';
import { learningRateAt } from './schedule.js';
import type { BatchStream } from './text_data.js';
import { type Trainable, weightGroups } from './trainable.js';

/** How far a run is. */
export interface Progress {
  /** Steps in all. */
  steps: number;
  /** Seconds to the last step at the present pace. */
  secondsLeft: number;
}

/** What can be given to {@link Trainer.train}. */
export interface TrainHooks<Report = StepRecord & Progress> {
  /** Called after every step. */
  onStep?(report: Report): void;
  /** Called after every evaluation. */
  onEvaluation?(record: EvaluationRecord): void;
  /** Ends the run after the step it is in; what there is to save is saved. */
  signal?: AbortSignal;
  /** Stop in the same way after this step; the learning rate still follows `steps`. */
  until?: number;
}

/** An evaluation: the held-out loss after a step. */
export interface Evaluation {
  step: number;
  loss: number;
}

/** How a run ended. */
export interface TrainingResult {
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
}

/** What {@link Trainer} is without its files: the loop, with places where a subclass keeps what it will of the run. */
export abstract class TrainingLoop<Step extends StepMeasurements> {
  /** Updates made so far. */
  step = 0;
  protected readonly optimizer: AdamW;
  protected readonly batches: BatchStream;
  /** @internal */
  protected readonly smoothed = new MovingAverage(0.98);
  protected evaluation: Evaluation | null = null;
  protected best: Evaluation | null = null;
  protected seconds = 0;
  private readonly pace = new MovingAverage(0.9);
  private loss = Number.NaN;

  constructor(
    readonly model: Trainable,
    readonly options: Readonly<ResolvedTrainingOptions>,
  ) {
    const { data, batchSize, weightDecay, beta1, beta2, epsilon } = options;
    this.batches = data.batches(batchSize);
    this.optimizer = new AdamW(weightGroups(model, weightDecay), { beta1, beta2, epsilon });
  }

  /**
   * Trains to the last step, or to `until`, or until the signal; called again, it goes on from there. Between steps it lets other
   * events run; in a browser it waits for the next frame, so it rests while the page is hidden.
   *
   * @throws FracConnectionsError `ERR_DIVERGED` when a loss or gradient is no longer finite: the weights are those before that
   * step; `ERR_OPTION` for a wrong `until`
   */
  async train({
    onStep,
    onEvaluation,
    signal,
    until,
  }: TrainHooks<Step & Progress> = {}): Promise<TrainingResult> {
    const { steps, evalEvery } = this.options;
    if (until !== undefined) checkInteger('Trainer.train', 'until', until, 0);
    const end = Math.min(steps, until ?? steps);
    this.begin();
    const first = this.step;
    let training = 0;
    while (this.step < end && !signal?.aborted) {
      const started = performance.now();
      const measured = this.update();
      const elapsed = (performance.now() - started) / 1000;
      training += elapsed;
      this.seconds += elapsed;
      // Whether or not anyone listens: the record also goes to a log.
      const record = this.complete(this.measurements(measured, elapsed));
      const secondsLeft = (steps - this.step) * this.pace.value;
      onStep?.({ ...record, steps, secondsLeft });
      if (evalEvery > 0 && (this.step % evalEvery === 0 || this.step === steps))
        await this.evaluateAndKeep(onEvaluation);
      this.stepped();
      await tf.nextFrame();
    }
    const made = this.step - first;
    if (made > 0) this.ended();
    return {
      step: this.step,
      stopped: this.step < end,
      loss: this.loss,
      smoothedLoss: this.smoothed.value,
      evaluation: this.evaluation,
      best: this.best,
      seconds: this.seconds,
      tokensPerSecond: (made * this.tokensPerStep) / training,
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
      await tf.nextFrame();
    }
    return sum / windows;
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

  private measurements({ terms, gradientNorm }: Measured, elapsed: number): StepMeasurements {
    this.pace.add(elapsed);
    return {
      event: 'step',
      step: this.step,
      loss: this.loss,
      smoothedLoss: this.smoothed.value,
      terms,
      learningRate: learningRateAt(this.step - 1, this.options),
      gradientNorm,
      tokensPerSecond: this.tokensPerStep / this.pace.value,
      seconds: this.seconds,
      tensorBytes: tf.memory().numBytes,
      time: new Date().toISOString(),
    };
  }

  private async evaluateAndKeep(onEvaluation: TrainHooks['onEvaluation']): Promise<void> {
    const loss = await this.evaluate();
    if (!Number.isFinite(loss)) throw this.diverged(`the held-out loss became ${loss}`, this.step);
    this.evaluation = { step: this.step, loss };
    const record = { event: 'evaluation' as const, step: this.step, loss, seconds: this.seconds };
    const dated = { ...record, time: new Date().toISOString() };
    this.evaluated(dated);
    onEvaluation?.(dated);
    if (this.best && loss >= this.best.loss) return;
    this.best = { step: this.step, loss };
    this.improved();
  }

  protected diverged(what: string, step = this.step + 1): FracConnectionsError {
    const rate = learningRateAt(step - 1, this.options).toPrecision(3);
    return new FracConnectionsError(
      'ERR_DIVERGED',
      `Trainer: ${what} at step ${step} (learning rate ${rate})${this.remains()}; a lower learning rate may help`,
    );
  }

  /** Makes a step's record of what was measured. */
  protected abstract complete(measured: StepMeasurements): Step;

  protected begin(): void {
    // There is nothing to make ready.
  }

  protected stepped(): void {
    // No checkpoint is due.
  }

  protected evaluated(_record: EvaluationRecord): void {
    // There is no log.
  }

  protected improved(): void {
    // The best weights are not kept.
  }

  protected ended(): void {
    // Nothing is kept.
  }

  /** What is left of a run that diverged, for the error. */
  protected remains(): string {
    return '';
  }
}

function readLoss(model: Trainable, tokens: tf.Tensor2D, targets: tf.Tensor2D): number {
  let loss = Number.NaN;
  tf.tidy(() => {
    loss = readTerms(model.loss(tokens, targets)).loss!;
  });
  return loss;
}
