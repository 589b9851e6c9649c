import { describe, expect, test } from 'vitest';
import { bytes, duration, integer, loss, signed } from '../../lib/report/format.js';
import { baselineOf, difference, movingAverage, thin } from '../../lib/report/series.js';
import { syntheticReport } from './synthetic.js';

describe('movingAverage', () => {
  test('starts at the first value and weighs later ones by the decay', () => {
    const [first, second, third] = movingAverage([8, 2, 5], 2) as [number, number, number];
    expect(first).toBeCloseTo(8, 12);
    expect(second).toBeCloseTo((8 * 0.25 + 2 * 0.5) / 0.75, 12);
    expect(third).toBeCloseTo((8 * 0.125 + 2 * 0.25 + 5 * 0.5) / 0.875, 12);
  });

  test('of equal values is that value; of none is none', () => {
    for (const value of movingAverage(Array(50).fill(3.25), 20)) expect(value).toBeCloseTo(3.25, 12);
    expect(movingAverage([], 20)).toEqual([]);
  });
});

test('difference takes the steps that both have', () => {
  const run = { x: [2, 3, 5], y: [1, 2, 7] };
  const baseline = { x: [1, 2, 5], y: [9, 4, 6] };
  expect(difference(run, baseline)).toEqual({ x: [2, 5], y: [-3, 1] });
});

describe('thin', () => {
  test('leaves a short series alone', () => {
    const series = { x: [1, 2, 3], y: [4, 5, 6] };
    expect(thin(series, 3)).toBe(series);
  });

  test('keeps the last step and the mean', () => {
    const x = Array.from({ length: 100 }, (_, i) => i + 1);
    const thinned = thin({ x, y: x.map(value => value * 2) }, 7);
    expect(thinned.x).toHaveLength(7);
    expect(thinned.x.at(-1)).toBe(100);
    expect(thinned.y[0]).toBeCloseTo(2 * 7.5, 10); // steps 1 to 14
  });
});

test('the baseline is residual wherever it stands, else the first', () => {
  const { runs } = syntheticReport({ steps: 2 });
  expect(baselineOf([...runs].reverse())?.name).toBe('residual');
  expect(baselineOf(runs.slice(1))?.name).toBe('SFCx4');
  expect(baselineOf([])).toBeUndefined();
});

test('numbers for people', () => {
  expect(integer(1234567.8)).toBe('1,234,568');
  expect(loss(1.23456)).toBe('1.235');
  expect(loss(Number.NaN)).toBe('n/a');
  expect(signed(-0.0141)).toBe('−0.014');
  expect(signed(0.5, 1)).toBe('+0.5');
  expect(signed(-0.0001)).toBe('0.000');
  expect(bytes(345_678_901)).toBe('345.7 MB');
  expect(bytes(2.5e9)).toBe('2.50 GB');
  expect([0.4, 59.6, 185, 7620].map(duration)).toEqual(['0 s', '1 min 00 s', '3 min 05 s', '2 h 07 min']);
});
