import fs from 'node:fs';
import { fileError, writeFileAtomic } from '../common/files.js';
import type { EvaluationRecord, StepRecord } from './records.js';

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
