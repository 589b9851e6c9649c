/** The learning rate schedule of a run. */
export interface Schedule {
  /** The peak rate, reached at the end of the warm-up. */
  learningRate: number;
  /** The rate at the end. */
  minLearningRate: number;
  /** Steps of linear warm-up. */
  warmup: number;
  /** Number of steps. */
  steps: number;
}

/**
 * The learning rate of a step, counted from 0: linear warm-up, then half a cosine down to the minimum.
 *
 * With `w = warmup`: `lr (step + 1) / w` below `w`; then `min + (lr - min) (1 + cos(pi (step - w) / (steps - w))) / 2`;
 * `min` from `steps` on.
 *
 * @example
 * ```ts
 * learningRateAt(10, { learningRate: 1, minLearningRate: 0.1, warmup: 10, steps: 110 }); // 1
 * learningRateAt(60, { learningRate: 1, minLearningRate: 0.1, warmup: 10, steps: 110 }); // 0.55
 * ```
 */
export function learningRateAt(step: number, schedule: Schedule): number {
  const { learningRate, minLearningRate, warmup, steps } = schedule;
  if (step < warmup) return (learningRate * (step + 1)) / warmup;
  if (step >= steps) return minLearningRate;
  const cosine = Math.cos((Math.PI * (step - warmup)) / (steps - warmup));
  return minLearningRate + ((learningRate - minLearningRate) * (1 + cosine)) / 2;
}
