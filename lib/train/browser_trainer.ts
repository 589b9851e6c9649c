import { resolveTrainingOptions, type TrainingOptions } from './options.js';
import type { StepMeasurements } from './records.js';
import type { Trainable } from './trainable.js';
import { type TrainHooks as LoopHooks, type Progress, TrainingLoop } from './training_loop.js';

/** The measurements of a step and the progress of the run. */
export interface StepReport extends StepMeasurements, Progress {}

/** Options of {@link Trainer.train}. */
export type TrainHooks = LoopHooks<StepReport>;

/**
 * Trains a model: AdamW with two weight groups, warm-up and cosine schedule, gradient clipping, gradient accumulation and evaluation.
 * It reads and writes no files. The trainer of the same name in Node also has checkpoints and a log.
 *
 * @throws FracConnectionsError `ERR_OPTION`, `ERR_WEIGHTS`
 * @example
 * ```ts
 * const data = openText(text, { context: 64 });
 * const model = new LanguageModel({ vocabSize: 256, dim: 64, layers: 2, heads: 2, context: 64 });
 * const trainer = new Trainer(model, { data, steps: 200 });
 * await trainer.train({ onStep: ({ step, loss }) => console.log(step, loss) });
 * trainer.dispose();
 * ```
 */
export class Trainer extends TrainingLoop<StepMeasurements> {
  constructor(model: Trainable, options: TrainingOptions) {
    super(model, resolveTrainingOptions(options));
  }

  protected override complete(measured: StepMeasurements): StepMeasurements {
    return measured;
  }
}
