import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { compare } from '../../lib/cli/compare.js';
import { defaults } from '../../lib/cli/defaults.js';
import { estimate, secondsFor, stepsWithin } from '../../lib/cli/plan.js';
import { measureSpeed } from '../../lib/cli/speed.js';
import { train } from '../../lib/cli/train.js';
import { learningRateAt } from '../../lib/train/schedule.js';
import { backend, commandLine } from './support.js';

const { folder, text } = commandLine();

/** A trainer whose steps take what a test says, by a clock of its own. */
function timed(stepSeconds: (step: number) => number, batchSeconds: number) {
  let time = 100;
  let made = 0;
  const trainer = {
    train: vi.fn(async ({ until = 0 }: { until?: number } = {}) => {
      while (made < until) time += stepSeconds(++made);
      return {} as never;
    }),
    evaluate: vi.fn(async () => {
      time += batchSeconds;
      return 1;
    }),
  };
  return { trainer, now: () => time, steps: () => made };
}

describe('measureSpeed', () => {
  test('leaves out the first steps, which are slower', async () => {
    const { trainer, now, steps } = timed(step => (step <= 2 ? 0.5 : 0.125), 0.0625);
    expect(await measureSpeed(trainer, now)).toEqual({ step: 0.125, heldOutBatch: 0.0625 });
    expect(steps()).toBe(8);
  });

  test('times fewer steps of a slower model', async () => {
    const { trainer, now, steps } = timed(step => (step === 3 ? 0.75 : 0.95), 1);
    expect((await measureSpeed(trainer, now)).step).toBeCloseTo((0.75 + 0.95 + 0.95) / 3);
    expect(steps()).toBe(5);
  });

  test('takes the first steps of a very slow model', async () => {
    const { trainer, now, steps } = timed(() => 30, 10);
    expect(await measureSpeed(trainer, now)).toEqual({ step: 30, heldOutBatch: 10 });
    expect(steps()).toBe(2);
  });
});

const settings = (steps: number) => ({ ...defaults('tensorflow', steps), evalEvery: 100, evalBatches: 4 });
const residual = { speed: { step: 0.1, heldOutBatch: 0.02 }, done: 0 };
const frac = { speed: { step: 0.2, heldOutBatch: 0.05 }, done: 0 };

describe('secondsFor', () => {
  test.each([
    ['all steps and evaluations of each wiring', 250, [residual, frac], 25 + 50 + 3 * 4 * 0.07],
    ['the last step is not evaluated twice', 200, [residual], 20 + 2 * 4 * 0.02],
    ['only what is left of a resumed run', 250, [{ ...residual, done: 130 }], 12 + 2 * 4 * 0.02],
    ['nothing left', 200, [{ ...residual, done: 200 }], 0],
  ])('%s', (_, steps, work, expected) => {
    expect(secondsFor(work, settings(steps))).toBeCloseTo(expected);
  });
});

describe('stepsWithin', () => {
  test.each([1, 7.3, 60, 1000])('chooses the most steps that fit into %d s', seconds => {
    const { steps } = stepsWithin(seconds, [residual, frac], settings);
    expect(secondsFor([residual, frac], settings(steps))).toBeLessThanOrEqual(seconds);
    expect(secondsFor([residual, frac], settings(steps + 1))).toBeGreaterThan(seconds);
  });

  test('makes one step where there is time for none', () => {
    expect(stepsWithin(-3, [residual], settings).steps).toBe(1);
  });
});

test.each([
  [215, 600, 3, 'This takes about 3 min 35 s on this machine: 600 steps for each of 3 wirings.'],
  [20, 1000, 1, 'This takes about 20 s on this machine: 1,000 steps.'],
  [2, 1, 1, 'This takes about 2 s on this machine: 1 step.'],
])('estimate: %d s', (seconds, steps, wirings, line) => {
  expect(estimate(seconds, steps, wirings)).toBe(line);
});

describe('--minutes', () => {
  beforeEach(() => void vi.spyOn(process.stdout, 'write').mockReturnValue(true));
  afterEach(() => vi.restoreAllMocks());

  /** A clock that is read once a second: each thing that is timed takes as long as it reads the clock. */
  const ticking = () => {
    let time = 0;
    return () => time++;
  };
  const model = { backend, data: text, layers: 1, dim: 8, heads: 2, context: 8, batch: 2, evalBatches: 1 };
  const logOf = (out: string) =>
    readFileSync(path.join(out, 'log.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { event: string; step: number; learningRate: number });

  test('compare: the same steps for all wirings, and a schedule for so many', async () => {
    const out = path.join(folder, 'minutes');
    const given = { ...model, wirings: 'residual,sfc2', evalEvery: 1000, lr: 0.01 };
    expect(await compare({ ...given, out, quiet: true, minutes: 2 }, ticking())).toBe(0);
    // Each wiring reads the clock 7 times while it is measured: a step takes 1 s and so does a held-out batch.
    // The run starts at 0 and is measured at 15, so 105 s are left for 2 wirings of 51 steps and 1 evaluation.
    const kept = JSON.parse(readFileSync(path.join(out, 'settings.json'), 'utf8'));
    expect(kept).toMatchObject({ steps: 51, warmup: 6 });
    expect(kept).not.toHaveProperty('minutes');
    const schedule = { learningRate: 0.01, minLearningRate: 0.001, warmup: 6, steps: 51 };
    for (const slug of ['residual', 'sfc2']) {
      const steps = logOf(path.join(out, slug)).filter(record => record.event === 'step');
      expect(steps.map(record => record.learningRate)).toEqual(
        Array.from({ length: 51 }, (_, step) => learningRateAt(step, schedule)),
      );
    }
  });

  test('train: as many steps as fit', async () => {
    const out = path.join(folder, 'minute');
    const given = { ...model, wiring: 'residual', evalEvery: 1000 };
    expect(await train({ ...given, out, quiet: true, minutes: 0.5 }, ticking())).toBe(0);
    // 8 readings before the choice, so 22 s for the steps and 1 evaluation.
    expect(logOf(out).filter(record => record.event === 'step')).toHaveLength(21);
  });

  test('a folder that holds a run is refused at once', async () => {
    const out = path.join(folder, 'minutes');
    const now = vi.fn(ticking());
    const given = { ...model, wirings: 'residual,sfc2', out, quiet: true, minutes: 2 };
    await expect(compare(given, now)).rejects.toThrow(/minutes already holds a run/);
    expect(now).toHaveBeenCalledTimes(1);
  });

  test('a warm-up that is longer than the run is refused before there is a folder', async () => {
    const out = path.join(folder, 'warm');
    const given = { ...model, wiring: 'residual', out, quiet: true, minutes: 0.5, warmup: 100 };
    await expect(train(given, ticking())).rejects.toThrow(/warmup must be at most steps \d+, got 100/);
    expect(existsSync(out)).toBe(false);
  });
});
