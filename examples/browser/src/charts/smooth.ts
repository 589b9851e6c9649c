/**
 * An exponential moving average over about `steps` values, with bias correction: the weighted sum divided by the sum of
 * the weights.
 */
export function movingAverage(values: readonly number[], steps: number): number[] {
  const decay = 1 - 1 / steps;
  let sum = 0;
  let weight = 0;
  return values.map(value => {
    sum = decay * sum + (1 - decay) * value;
    weight = decay * weight + (1 - decay);
    return sum / weight;
  });
}

/** The number of steps to average over, large enough to smooth the noise of single batches. */
export const reach = (steps: number) => Math.max(5, steps / 30);
