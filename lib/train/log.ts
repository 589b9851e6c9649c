import fs from 'node:fs';
import { fileError, writeFileAtomic } from '../files.js';

/** A line of a run's log after a step. Times are in seconds, memory in bytes. */
export interface StepRecord {
  event: 'step';
  step: number;
  /** Mean cross entropy a token, in nats. */
  loss: number;
  /** The moving average of `loss`. */
  smoothedLoss: number;
  /** What the model's loss gave: `loss`, `total` and the auxiliary ones. */
  terms: Record<string, number>;
  learningRate: number;
  /** The gradient's global norm before clipping. */
  gradientNorm: number;
  tokensPerSecond: number;
  /** Trained so far, earlier parts of a resumed run included. */
  seconds: number;
  /** The process's resident memory. */
  rss: number;
  /** What tfjs's tensors hold. */
  tensorBytes: number;
  /** The time of day, ISO 8601. */
  time: string;
}

/** A line of a run's log after an evaluation on the held-out part. */
export interface EvaluationRecord {
  event: 'evaluation';
  step: number;
  loss: number;
  seconds: number;
  time: string;
}

/** A line of a run's log. */
export type LogRecord = StepRecord | EvaluationRecord;

/** Adds a line. */
export function appendLog(file: string, record: LogRecord): void {
  try {
    fs.appendFileSync(file, `${JSON.stringify(record)}\n`);
  } catch (cause) {
    throw fileError('written', file, cause);
  }
}

/** A log's lines. A line that a crash cut off is left out. */
export function readLog(file: string): LogRecord[] {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (cause) {
    throw fileError('read', file, cause);
  }
  return text.split('\n').flatMap(line => parseLine(line) ?? []);
}

/** Takes out the lines after a step, so that a resumed run writes them anew. */
export function cutLog(file: string, step: number): void {
  if (!fs.existsSync(file)) return;
  const kept = readLog(file).filter(record => record.step <= step);
  writeFileAtomic(file, kept.map(record => `${JSON.stringify(record)}\n`).join(''));
}

function parseLine(line: string): LogRecord | null {
  try {
    const record = JSON.parse(line) as LogRecord;
    return Number.isInteger(record?.step) ? record : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
