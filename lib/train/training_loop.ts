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

/** The progress of a run. */
export interface Progress {
  /** Number of steps of the run. */
  steps: number;
  /** Estimated seconds until the last step. */
  secondsLeft: number;
}

/** Options of {@link Trainer.train}. */
export interface TrainHooks<Report = StepRecord & Progress> {
  /** Called after every step. */
  onStep?(report: Report): void;
  /** Called after every evaluation. */
  onEvaluation?(record: EvaluationRecord): void;
  /** Stops the run after the current step. The run is saved. */
  signal?: AbortSignal;
  /** Stops the run in the same way after this step. The learning rate schedule still has `steps` steps. */
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
  /** The loss of the last step and its moving average; NaN if there was no step. */
  loss: number;
  smoothedLoss: number;
  /** The last evaluation, and the one with the lowest loss. */
  evaluation: Evaluation | null;
  best: Evaluation | null;
  /** Training time in seconds, including earlier parts of a resumed run. */
  seconds: number;
  /** The mean over the steps of this call. */
  tokensPerSecond: number;
}

/** The training loop of {@link Trainer}, without files. Subclasses override the empty methods to write logs and checkpoints. */
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
   * Trains to the last step, or to `until`, or until the signal. Another call continues from there. Other events can run between
   * steps. In a browser each step waits for the next frame, so training pauses while the page is hidden.
   *
   * @throws FracConnectionsError `ERR_DIVERGED` if a loss or gradient is not finite: the weights are those before that
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
      // Even without onStep: the record also goes to a log.
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
   * The mean loss over fixed windows of the held-out part: the same windows in every evaluation.
   *
   * @param batches at most so many; default `evalBatches` of the options
   * @throws FracConnectionsError `ERR_DATA` for data without a held-out part
   */
  async evaluate(batches = this.options.evalBatches): Promise<number> {
    const { data, batchSize } = this.options;
    if (data.heldOutTokens === 0) {
      throw new FracConnectionsError(
        'ERR_DATA',
        'Trainer.evaluate: the data must have a held-out part, has none',
      );
    }
    let sum = 0;
    let windows = 0;
    for (const batch of data.heldOut(batchSize, batches)) {
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

  /** Frees the optimizer's state. The model stays. */
  dispose(): void {
    this.optimizer.dispose();
  }

  private get tokensPerStep(): number {
    const { data, batchSize, accumulate } = this.options;
    return batchSize * accumulate * data.context;
  }

  // One update of the weights. If a value is not finite, nothing is changed.
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

  /** Makes the record of a step from its measurements. */
  protected abstract complete(measured: StepMeasurements): Step;

  protected begin(): void {
    // There is nothing to prepare.
  }

  protected stepped(): void {
    // No checkpoint is due.
  }

  protected evaluated(_record: EvaluationRecord): void {
    // There is no log.
  }

  protected improved(): void {
    // The best weights are not saved.
  }

  protected ended(): void {
    // Nothing is saved.
  }

  /** For the error of a run that diverged: which checkpoint there is. */
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
