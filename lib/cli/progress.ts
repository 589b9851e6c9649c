import cliProgress from 'cli-progress';
import { duration, integer, loss } from '../report/format.js';

/** The report of one step. */
export interface Tick {
  step: number;
  loss: number;
  tokensPerSecond: number;
  secondsLeft: number;
}

/** Shows the progress of a run. */
export interface Progress {
  update(tick: Tick): void;
  /** Sets the held-out loss that is shown from now on. */
  heldOut(loss: number): void;
  stop(): void;
}

const SECONDS_BETWEEN_LINES = 10;

/** A bar on a terminal, a line every few seconds elsewhere, nothing when quiet. */
export function openProgress(label: string, total: number, start: number, quiet: boolean): Progress {
  if (quiet) return { update: () => undefined, heldOut: () => undefined, stop: () => undefined };
  return process.stderr.isTTY ? bar(label, total, start) : lines(label, total);
}

function describe(tick: Tick, heldOut: number | undefined): string {
  const held = heldOut === undefined ? '' : `  held-out ${loss(heldOut)}`;
  const pace = `${integer(tick.tokensPerSecond)} tokens/s  ${duration(tick.secondsLeft)} left`;
  return `loss ${loss(tick.loss)}${held}  ${pace}`;
}

function bar(label: string, total: number, start: number): Progress {
  const bar = new cliProgress.SingleBar({
    format: `${label} {bar} {value}/{total}  {numbers}`,
    barsize: 24,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    // The command handles Ctrl-C itself, to save the run first.
    gracefulExit: false,
  });
  bar.start(total, start, { numbers: '' });
  let heldOut: number | undefined;
  return {
    update: tick => bar.update(tick.step, { numbers: describe(tick, heldOut) }),
    heldOut(value) {
      heldOut = value;
    },
    stop: () => bar.stop(),
  };
}

function lines(label: string, total: number): Progress {
  let next = performance.now();
  let heldOut: number | undefined;
  return {
    update(tick) {
      if (performance.now() < next && tick.step !== total) return;
      next = performance.now() + SECONDS_BETWEEN_LINES * 1000;
      process.stderr.write(`${label} ${tick.step}/${total}  ${describe(tick, heldOut)}\n`);
    },
    heldOut(value) {
      heldOut = value;
    },
    stop: () => undefined,
  };
}
