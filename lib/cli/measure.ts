import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { countModelParameters } from '../models/count.js';
import { movingAverage, thin } from '../report/series.js';
import type { RunReport } from '../report/types.js';
import { readLog } from '../train/log.js';
import type { EvaluationRecord, StepRecord } from '../train/records.js';
import type { TextData } from '../train/text_data.js';
import { describeInspection } from './inspect.js';
import type { Session } from './session.js';

/** A chart has no pixels for more points than this. They would only make the report large. */
const MOST_POINTS = 2000;

/**
 * Batches of the held-out loss after training. The evaluations during training take few, and differ between wirings by chance as
 * much as the wirings do.
 */
const FINAL_BATCHES = 64;

/** Steps of the report's moving averages: enough to smooth the noise of single batches. */
export function averageSteps(steps: number): number {
  return Math.max(5, Math.round(steps / 30));
}

/** A trained wiring's part of the report: its log, its size, and its coefficients and similarities on held-out text. */
export async function measure(
  { model, trainer }: Session,
  label: string,
  data: TextData,
  folder: string,
): Promise<RunReport> {
  const log = readLog(path.join(folder, 'log.jsonl'));
  const steps = log.filter((record): record is StepRecord => record.event === 'step');
  const evals = log.filter((record): record is EvaluationRecord => record.event === 'evaluation');
  const { batchSize, accumulate } = trainer.options;
  const average = movingAverage(
    steps.map(record => record.loss),
    averageSteps(trainer.options.steps),
  );
  const count = countModelParameters(model.options);
  return {
    name: label,
    parameters: count.total,
    connectionParameters: count.connections,
    finalTrainLoss: average.at(-1) ?? Number.NaN,
    finalEvalLoss: data.heldOutTokens === 0 ? Number.NaN : await trainer.evaluate(FINAL_BATCHES),
    tokensPerSecond: (steps.length * batchSize * accumulate * data.context) / (steps.at(-1)?.seconds ?? 0),
    memoryBytes: await peakBytes(model, data, batchSize),
    train: thin({ x: steps.map(record => record.step), y: steps.map(record => record.loss) }, MOST_POINTS),
    evals: { x: evals.map(record => record.step), y: evals.map(record => record.loss) },
    ...lookInside(model, data, batchSize),
  };
}

function lookInside(model: Session['model'], data: TextData, batchSize: number) {
  const [batch] = data.heldOut(batchSize, 1);
  if (!batch) return { connections: [], similarities: [] };
  try {
    return describeInspection(model.inspect(batch.tokens));
  } finally {
    tf.dispose([batch.tokens, batch.targets]);
  }
}

/**
 * The largest number of bytes that tensors hold at once in a forward and backward pass, by tfjs's count. Weights and optimizer
 * state are included. The resident size of the process is of no use here: it depends on what ran before.
 */
async function peakBytes(model: Session['model'], data: TextData, batchSize: number): Promise<number> {
  const { tokens, targets } = data.batches(batchSize).next();
  try {
    const { peakBytes } = await tf.profile(() => {
      tf.dispose(tf.variableGrads(() => model.loss(tokens, targets).total));
    });
    return peakBytes;
  } finally {
    tf.dispose([tokens, targets]);
  }
}
