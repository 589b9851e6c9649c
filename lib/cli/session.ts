import fs from 'node:fs';
import path from 'node:path';
import { LanguageModel } from '../models/index.js';
import type { Wiring } from '../models/options.js';
import { LAST } from '../train/checkpoint.js';
import type { TextData } from '../train/text_data.js';
import { Trainer, type TrainResult } from '../train/trainer.js';
import type { RunSettings } from './defaults.js';
import { openProgress } from './progress.js';

/** One model and its trainer, made from a command's settings. */
export interface Session {
  model: LanguageModel;
  trainer: Trainer;
  dispose(): void;
}

/** How {@link openSession} finds its folder. */
export interface SessionOptions {
  /** Nothing is written without it. */
  out?: string;
  /** Go on from the folder's checkpoint if there is one. */
  resume?: boolean;
}

/**
 * Makes the model and the trainer; with `resume` puts them where the folder's checkpoint stood.
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
      // What a run left that was killed before its first checkpoint.
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
