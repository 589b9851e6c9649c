export type { RandomState } from '../common/random.js';
export { AdamW, type AdamWOptions, type Gradients, type WeightGroup } from './adamw.js';
export { type Checkpoint, type CheckpointState, loadWeights, readCheckpoint } from './checkpoint.js';
export { bookPath, type DataOptions, openData } from './data.js';
export { loadTokenizer } from './load_tokenizer.js';
export { type LogRecord, readLog } from './log.js';
export { openText, type TextOptions } from './open_text.js';
export type { ResolvedTrainerOptions, TrainerOptions, TrainingData } from './options.js';
export type { EvaluationRecord, StepMeasurements, StepRecord } from './records.js';
export { learningRateAt, type Schedule } from './schedule.js';
export { type Batch, type BatchStream, type DataIdentity, TextData } from './text_data.js';
export {
  byteTokenizer,
  type StreamDecoder,
  TOKENIZERS,
  type Tokenizer,
  type TokenizerName,
} from './tokenizer.js';
export type { LossTerms, Trainable } from './trainable.js';
export { type StepReport, Trainer, type TrainResult } from './trainer.js';
export type { Evaluation, Progress, TrainHooks } from './training_loop.js';
