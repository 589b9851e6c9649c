import type { RunReport, Series } from './types.js';

/**
 * Exponential moving average over about `steps` values: the decay is `1 - 1 / steps`. It has the bias correction of Adam, so that
 * the first average is the first value.
 */
export function movingAverage(values: readonly number[], steps: number): number[] {
  const decay = 1 - 1 / Math.max(1, steps);
  let sum = 0;
  let weight = 0;
  return values.map(value => {
    sum = decay * sum + (1 - decay) * value;
    weight = decay * weight + (1 - decay);
    return sum / weight;
  });
}

/** `run - baseline` at the steps that both have. */
export function difference(run: Series, baseline: Series): Series {
  const at = new Map(baseline.x.map((step, i) => [step, baseline.y[i] as number]));
  const x = run.x.filter(step => at.has(step));
  const own = new Map(run.x.map((step, i) => [step, run.y[i] as number]));
  return { x, y: x.map(step => (own.get(step) as number) - (at.get(step) as number)) };
}

/**
 * At most `limit` points: each is the mean of an equal part of the series, at the last step of that part. Without this, the report
 * of a run of a hundred thousand steps would be too large for a browser.
 */
export function thin(series: Series, limit: number): Series {
  const count = series.x.length;
  if (count <= limit) return series;
  const x: number[] = [];
  const y: number[] = [];
  for (let i = 0; i < limit; i++) {
    const from = Math.floor((i * count) / limit);
    const to = Math.floor(((i + 1) * count) / limit);
    const part = series.y.slice(from, to);
    x.push(series.x[to - 1] as number);
    y.push(part.reduce((sum, value) => sum + value, 0) / part.length);
  }
  return { x, y };
}

/** The run the others are compared with: the residual one, else the first. */
export function baselineOf(runs: readonly RunReport[]): RunReport | undefined {
  return runs.find(run => run.name === 'residual') ?? runs[0];
}
