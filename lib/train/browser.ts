export type { RandomState } from '../common/random.js';
export { AdamW, type AdamWOptions, type Gradients, type WeightGroup } from './adamw.js';
export { type StepReport, Trainer, type TrainHooks } from './browser_trainer.js';
export { openText, type TextOptions } from './open_text.js';
export type {
  ResolvedTrainingOptions as ResolvedTrainerOptions,
  TrainingData,
  TrainingOptions as TrainerOptions,
} from './options.js';
export type { EvaluationRecord, StepMeasurements } from './records.js';
export { learningRateAt, type Schedule } from './schedule.js';
export { type Batch, type BatchStream, type DataIdentity, TextData } from './text_data.js';
export { byteTokenizer, type StreamDecoder, type Tokenizer, type TokenizerName } from './tokenizer.js';
export type { LossTerms, Trainable } from './trainable.js';
export type { Evaluation, Progress, TrainingResult as TrainResult } from './training_loop.js';
