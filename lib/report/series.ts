import type { RunReport, Series } from './types.js';

/**
 * Exponential moving average that reaches over about `steps` values: decay `1 - 1 / steps`, corrected for the start as in
 * Adam, so that the first value is the first value and not a fraction of it.
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
 * At most `limit` points: means over equal stretches, each placed at the stretch's last step. A run of a hundred thousand
 * steps would otherwise make a report that no browser opens.
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
