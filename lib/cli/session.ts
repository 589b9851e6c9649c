import fs from 'node:fs';
import path from 'node:path';
import { LanguageModel } from '../models/index.js';
import type { Wiring } from '../models/options.js';
import { LAST } from '../train/checkpoint.js';
import type { TextData } from '../train/text_data.js';
import { Trainer, type TrainResult } from '../train/trainer.js';
import type { RunSettings } from './defaults.js';
import { openProgress } from './progress.js';

/** A model and its trainer, made from the settings of a command. */
export interface Session {
  model: LanguageModel;
  trainer: Trainer;
  dispose(): void;
}

/** The folder of a session. */
export interface SessionOptions {
  /** Without it nothing is written. */
  out?: string;
  /** Continue from the checkpoint in the folder if there is one. */
  resume?: boolean;
}

/**
 * Makes the model and the trainer. With `resume` it loads the checkpoint in the folder.
 *
 * @throws FracConnectionsError as the model and the trainer do
 */
export function openSession(
  settings: RunSettings,
  wiring: Wiring,
  data: TextData,
  { out, resume = false }: SessionOptions,
): Session {
  const s = settings;
  const { vocabSize } = data.tokenizer;
  const { layers, dim, heads, kvHeads, ffnDim, context, experts, expertsPerToken, seed } = s;
  const size = { layers, dim, heads, kvHeads, ffnDim, context, experts, expertsPerToken };
  const model = new LanguageModel({ ...size, vocabSize, wiring, seed });
  let trainer: Trainer | undefined;
  try {
    const saved = resume && out !== undefined && hasCheckpoint(out);
    trainer = new Trainer(model, {
      data,
      steps: s.steps,
      batchSize: s.batch,
      accumulate: s.accumulate,
      learningRate: s.lr,
      warmup: s.warmup,
      weightDecay: s.decay,
      clip: s.clip,
      evalEvery: s.evalEvery,
      evalBatches: s.evalBatches,
      checkpointEvery: s.checkpointEvery,
      ...(out !== undefined && { out }),
      // A run that was killed before its first checkpoint left a log that is of no use.
      overwrite: resume && !saved,
    });
    if (saved) trainer.load(out as string);
  } catch (error) {
    trainer?.dispose();
    model.dispose();
    throw error;
  }
  const opened = trainer;
  return {
    model,
    trainer,
    dispose() {
      opened.dispose();
      model.dispose();
    },
  };
}

/** Whether a run was saved in this folder. */
export function hasCheckpoint(folder: string): boolean {
  return fs.existsSync(path.join(folder, LAST));
}

/** Trains with a progress bar. */
export async function trainSession(
  { trainer }: Session,
  label: string,
  signal: AbortSignal,
  quiet: boolean,
): Promise<TrainResult> {
  const progress = openProgress(label, trainer.options.steps, trainer.step, quiet);
  try {
    return await trainer.train({
      signal,
      onStep: ({ step, smoothedLoss, tokensPerSecond, secondsLeft }) =>
        progress.update({ step, loss: smoothedLoss, tokensPerSecond, secondsLeft }),
      onEvaluation: ({ loss }) => progress.heldOut(loss),
    });
  } finally {
    progress.stop();
  }
}
