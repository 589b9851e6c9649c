/**
 * Exponential moving average that reaches over about `steps` values, without the pull of its start: a weighted sum over the sum of
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

/** Steps to average over in a run: enough to see through the noise of single batches. */
export const reach = (steps: number) => Math.max(5, steps / 30);
