import fs from 'node:fs';
import { fileError, writeFileAtomic } from '../common/files.js';
import type { EvaluationRecord, StepRecord } from './records.js';

/** One line of a run's log. */
export type LogRecord = StepRecord | EvaluationRecord;

/** Appends a line. */
export function appendLog(file: string, record: LogRecord): void {
  try {
    fs.appendFileSync(file, `${JSON.stringify(record)}\n`);
  } catch (cause) {
    throw fileError('written', file, cause);
  }
}

/** Reads a log. An incomplete last line, left by a crash, is skipped. */
export function readLog(file: string): LogRecord[] {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (cause) {
    throw fileError('read', file, cause);
  }
  return text.split('\n').flatMap(line => parseLine(line) ?? []);
}

/** Removes the lines after a step, because a resumed run writes them again. */
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
