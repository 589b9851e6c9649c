// The output of set-up: one line per step, and progress. On a terminal the progress line redraws itself; elsewhere it
// is printed rarely.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.mjs';

/** The command that a user runs for set-up, as messages name it: in a checkout, and with the package installed. */
export const COMMAND = existsSync(join(ROOT, 'scripts', 'setup.mjs'))
  ? 'npm run setup'
  : 'npx frac-connections setup';

/**
 * An expected failure, which is printed as one line. Any other error is a bug in set-up and is printed with its stack.
 */
export class SetupError extends Error {
  /** @param {{ slow?: boolean }} [traits] slow: a retry takes long, so the failure is remembered for a while */
  constructor(message, { slow = false } = {}) {
    super(message);
    this.slow = slow;
  }
}

export function say(step, text) {
  console.log(`${step.padEnd(10)}  ${text}`);
}

export const seconds = since => `${((performance.now() - since) / 1000).toFixed(1)} s`;

const megabytes = bytes => (bytes / 1e6).toFixed(0);

/**
 * Returns a function to call with the bytes so far. It redraws one line on a terminal; elsewhere it prints a line every
 * 10 %.
 */
export function progress(step, total) {
  const started = performance.now();
  let drawn = 0;
  let first;
  let tenth = -1;
  return (done, last = false) => {
    first ??= done;
    const now = performance.now();
    const rate = (done - first) / Math.max(now - started, 1) / 1000;
    const text = `${megabytes(done)} of ${megabytes(total)} MB, ${rate.toFixed(1)} MB/s`;
    if (process.stdout.isTTY) {
      if (now - drawn > 100 || last)
        process.stdout.write(`\r${step.padEnd(10)}  ${text}\u001b[K${last ? '\n' : ''}`);
      if (now - drawn > 100) drawn = now;
    } else if (Math.floor((10 * done) / total) > tenth) {
      tenth = Math.floor((10 * done) / total);
      say(step, text);
    }
  };
}

const HINTS = [
  [
    /ENOSPC|No space left/i,
    () => `the disk is full: free space in the cache folder, then run ${COMMAND} again`,
  ],
  [/EACCES|EROFS|Permission denied|Read-only/i, error => `no permission to write: ${error}`],
];

/** Explains a system error or the output of a tool in one line. */
export function explain(error) {
  const text = String(error?.message ?? error);
  const hint = HINTS.find(([pattern]) => pattern.test(text) || pattern.test(error?.code ?? ''));
  const line =
    text
      .trim()
      .split('\n')
      .findLast(l => l.trim()) ?? '';
  return hint ? hint[1](line.trim()) : line.trim();
}
