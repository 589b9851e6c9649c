export type { RandomState } from '../random.js';
export { AdamW, type AdamWOptions, type Gradients, type WeightGroup } from './adamw.js';
export { type Checkpoint, type CheckpointState, loadWeights, readCheckpoint } from './checkpoint.js';
export {
  type Batch,
  type BatchStream,
  bookPath,
  type DataIdentity,
  type DataOptions,
  openData,
  TextData,
} from './data.js';
export { type EvaluationRecord, type LogRecord, readLog, type StepRecord } from './log.js';
export type { ResolvedTrainerOptions, TrainerOptions, TrainingData } from './options.js';
export { learningRateAt, type Schedule } from './schedule.js';
export {
  byteTokenizer,
  loadTokenizer,
  type StreamDecoder,
  TOKENIZERS,
  type Tokenizer,
  type TokenizerName,
} from './tokenizer.js';
export type { LossTerms, Trainable } from './trainable.js';
export { type Evaluation, type StepReport, Trainer, type TrainHooks, type TrainResult } from './trainer.js';
