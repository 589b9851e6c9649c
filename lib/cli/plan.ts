import type { Wiring } from '../models/options.js';
import { duration, integer } from '../report/format.js';
import type { TextData } from '../train/text_data.js';
import type { RunSettings } from './defaults.js';
import type { Output } from './output.js';
import { hasCheckpoint, openSession } from './session.js';
import type { Given } from './settings.js';
import { type Clock, measureWiring, measuring, type Speed } from './speed.js';
import { UsageError } from './usage.js';

/** A wiring to train, and the folder of its run. */
export interface Job {
  wiring: Wiring;
  out: string;
}

/** What {@link plan} needs to know. */
export interface PlanOptions<Settings extends RunSettings> {
  /** The wirings that are not finished. */
  jobs: readonly Job[];
  /** The settings for a number of steps; without one, as the user gave them. */
  settingsOf: (steps?: number) => Settings;
  data: TextData;
  resumed: boolean;
  /** When the command should end, by the clock; undefined without `--minutes`. */
  ends: number | undefined;
  now: Clock;
  output: Output;
}

/**
 * Checks the settings, chooses the number of steps for `--minutes`, and says how long the run takes. Errors in the settings are
 * thrown here: before a folder is made, and before the first of several wirings trains for minutes.
 */
export async function plan<Settings extends RunSettings>(options: PlanOptions<Settings>): Promise<Settings> {
  const { jobs, settingsOf, data, resumed, ends, now, output } = options;
  const given = settingsOf();
  check(ends === undefined ? given : measuring(given), jobs, data);
  // With --quiet nobody sees the estimate.
  if (output.quiet && ends === undefined) return given;
  const work: Work[] = [];
  for (const job of jobs) {
    const speed = await measureWiring(given, job.wiring, data, now);
    work.push({ speed, done: resumed ? stepsDone(job, given, data) : 0 });
  }
  const settings = ends === undefined ? given : stepsWithin(ends - now(), work, settingsOf);
  // The models have been checked already. But a warm-up that the user gave may be longer than the chosen number of steps.
  check(settings, jobs.slice(0, 1), data);
  const seconds = secondsFor(work, settings);
  output.say(resumed ? estimateRest(seconds) : estimate(seconds, settings.steps, jobs.length));
  return settings;
}

function check(settings: RunSettings, jobs: readonly Job[], data: TextData): void {
  for (const { wiring } of jobs) openSession(settings, wiring, data, {}).dispose();
}

/** The steps that were made and saved before the run was stopped. */
function stepsDone({ wiring, out }: Job, settings: RunSettings, data: TextData): number {
  if (!hasCheckpoint(out)) return 0;
  const session = openSession(settings, wiring, data, { out, resume: true });
  const { step } = session.trainer;
  session.dispose();
  return step;
}

/** What is left to train of one wiring. */
export interface Work {
  speed: Speed;
  /** Steps made already. */
  done: number;
}

/** Seconds that the work takes, one wiring after the other. */
export function secondsFor(work: readonly Work[], settings: RunSettings): number {
  const { steps, evalEvery, evalBatches } = settings;
  const seconds = work.map(({ speed, done }) => {
    // There is always an evaluation after the last step.
    const evaluations = Math.ceil(steps / evalEvery) - Math.floor(done / evalEvery);
    return (steps - done) * speed.step + evaluations * evalBatches * speed.heldOutBatch;
  });
  return seconds.reduce((sum, one) => sum + one, 0);
}

/** The settings with the largest number of steps that fit into `seconds`, at least 1. */
export function stepsWithin<Settings extends RunSettings>(
  seconds: number,
  work: readonly Work[],
  settingsOf: (steps: number) => Settings,
): Settings {
  const fits = (steps: number) => secondsFor(work, settingsOf(steps)) <= seconds;
  let low = 1;
  let high = 2;
  while (fits(high)) [low, high] = [high, 2 * high];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return settingsOf(low);
}

/**
 * Refuses `--minutes` if something else sets the number of steps.
 *
 * @throws UsageError
 */
export function checkMinutes({ minutes, steps, resume }: Given): void {
  if (minutes === undefined) return;
  if (steps !== undefined) {
    throw new UsageError('--minutes and --steps cannot both be given: --minutes chooses the number of steps');
  }
  if (resume !== undefined) {
    throw new UsageError(
      '--minutes cannot be given with --resume: the run keeps its number of steps; leave out --minutes',
    );
  }
}

/** When a command of so many minutes ends. */
export function endOf(started: number, minutes: unknown): number | undefined {
  return minutes === undefined ? undefined : started + 60 * (minutes as number);
}

/** The first line of a resumed run. */
export function estimateRest(seconds: number): string {
  return `The rest takes about ${duration(seconds)} on this machine.`;
}

/** The first line of a run: how long it takes. */
export function estimate(seconds: number, steps: number, wirings: number): string {
  const each = wirings === 1 ? '' : ` for each of ${wirings} wirings`;
  const count = steps === 1 ? '1 step' : `${integer(steps)} steps`;
  return `This takes about ${duration(seconds)} on this machine: ${count}${each}.`;
}
