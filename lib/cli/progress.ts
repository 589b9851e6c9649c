import cliProgress from 'cli-progress';
import { duration, integer, loss } from '../report/format.js';

/** What one step reports. */
export interface Tick {
  step: number;
  loss: number;
  tokensPerSecond: number;
  secondsLeft: number;
}

/** Shows how far a run is. */
export interface Progress {
  update(tick: Tick): void;
  /** The held-out loss, shown from then on. */
  heldOut(loss: number): void;
  stop(): void;
}

const SECONDS_BETWEEN_LINES = 10;

/** A bar on a terminal; a line now and then elsewhere; nothing when quiet. */
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
    // Ctrl-C is ours: the run is saved first.
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
