import fs from 'node:fs';
import path from 'node:path';
import { FracConnectionsError } from '../common/errors.js';
import { makeFolder } from '../common/files.js';
import { BEST, LAST } from './checkpoint.js';
import { appendLog, cutLog, type LogRecord } from './log.js';

/** The name of the log in a run's folder. */
export const LOG = 'log.jsonl';

/** The folder of a run, with its log and checkpoints. Nothing in it changes before {@link prepare}. */
export class RunFolder {
  private resumedStep: number | null = null;
  private prepared = false;

  constructor(
    readonly path: string,
    private readonly overwrite: boolean,
  ) {}

  /** Tells that this run continues the run in `folder` from a step. */
  resume(folder: string, step: number): void {
    this.resumedStep = path.resolve(folder) === path.resolve(this.path) ? step : null;
    this.prepared = false;
  }

  /**
   * Makes the folder. For a resumed run, removes the lines of the log after the checkpoint's step.
   *
   * @throws FracConnectionsError `ERR_OPTION` if it holds another run that may not be overwritten
   */
  prepare(): void {
    if (this.prepared) return;
    makeFolder(this.path);
    const old = [LOG, LAST, BEST].filter(name => fs.existsSync(path.join(this.path, name)));
    if (this.resumedStep !== null) cutLog(path.join(this.path, LOG), this.resumedStep);
    else if (old.length > 0 && !this.overwrite) {
      throw new FracConnectionsError(
        'ERR_OPTION',
        `Trainer: ${this.path} already holds a run (${old[0]}); resume it, choose another folder, or set overwrite`,
      );
    } else for (const name of old) fs.rmSync(path.join(this.path, name));
    this.prepared = true;
  }

  append(record: LogRecord): void {
    appendLog(path.join(this.path, LOG), record);
  }
}
