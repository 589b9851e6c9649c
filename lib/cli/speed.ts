import type { Wiring } from '../models/options.js';
import type { TextData } from '../train/text_data.js';
import type { Trainer } from '../train/trainer.js';
import type { RunSettings } from './defaults.js';
import { openSession } from './session.js';

/** Seconds since some fixed moment. Tests give their own. */
export type Clock = () => number;

/** Node's clock. */
export const clock: Clock = () => performance.now() / 1000;

/** How fast one wiring trains on this machine, in seconds. */
export interface Speed {
  step: number;
  /** One batch of an evaluation. */
  heldOutBatch: number;
}

/** The first steps allocate memory, so they are slower than the rest. */
const WARM_UP_STEPS = 2;
const TIMED_STEPS = 6;
/** No further steps are timed after this. */
const ENOUGH_SECONDS = 2;

/** Trains a new model for a few steps to see how fast it is, and throws it away. */
export async function measureWiring(
  settings: RunSettings,
  wiring: Wiring,
  data: TextData,
  now: Clock,
): Promise<Speed> {
  const session = openSession(measuring(settings), wiring, data, {});
  try {
    return await measureSpeed(session.trainer, now);
  } finally {
    session.dispose();
  }
}

/** The same training, but only as long as {@link measureSpeed} needs. */
export function measuring(settings: RunSettings): RunSettings {
  return { ...settings, steps: WARM_UP_STEPS + TIMED_STEPS, warmup: 0, evalEvery: 0, evalBatches: 1 };
}

/** Times some steps and one held-out batch. */
export async function measureSpeed(trainer: Pick<Trainer, 'train' | 'evaluate'>, now: Clock): Promise<Speed> {
  const step = await measureStep(trainer, now);
  const started = now();
  await trainer.evaluate();
  return { step, heldOutBatch: now() - started };
}

async function measureStep(trainer: Pick<Trainer, 'train'>, now: Clock): Promise<number> {
  const first = now();
  await trainer.train({ until: WARM_UP_STEPS });
  const warmUp = now() - first;
  // The steps of a large model are slow enough to be timed by two of them.
  if (warmUp >= ENOUGH_SECONDS) return warmUp / WARM_UP_STEPS;
  const started = now();
  for (let steps = 1; ; steps++) {
    await trainer.train({ until: WARM_UP_STEPS + steps });
    const seconds = now() - started;
    if (steps === TIMED_STEPS || seconds >= ENOUGH_SECONDS) return seconds / steps;
  }
}
