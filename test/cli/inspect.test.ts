import { expect, test } from 'vitest';
import { describeInspection, quantile } from '../../lib/cli/inspect.js';
import { table } from '../../lib/cli/table.js';

test('an inspection in the parts and names of the report', () => {
  const coefficients = (scale: number) => ({
    // n = 2 segments, m = 1 block: columns Y, then A.
    alpha: [
      [1 * scale, 2 * scale, 3 * scale],
      [4 * scale, 5 * scale, 6 * scale],
    ],
    beta: [7 * scale, 8 * scale],
  });
  const found = describeInspection({
    sites: ['layers.0.attention', 'layers.0.feed_forward', 'layers.1.attention'],
    similarities: [Float32Array.of(0.75, 0.25, 0.5), Float32Array.of(1)],
    connections: [
      {
        name: 'layers.0.attention',
        initial: coefficients(1),
        static: coefficients(2),
        tokenMean: coefficients(3),
      },
      { name: 'layers.11.feed_forward', initial: coefficients(1), static: coefficients(2) },
    ],
  });
  expect(found.connections[0]).toEqual({
    name: '1 attention',
    initial: {
      read: [[1], [4]],
      mix: [
        [2, 3],
        [5, 6],
      ],
      write: [7, 8],
    },
    learned: {
      read: [[2], [8]],
      mix: [
        [4, 6],
        [10, 12],
      ],
      write: [14, 16],
    },
    tokenMean: {
      read: [[3], [12]],
      mix: [
        [6, 9],
        [15, 18],
      ],
      write: [21, 24],
    },
  });
  expect(found.connections[1]!.name).toBe('12 FFN');
  expect(found.connections[1]).not.toHaveProperty('tokenMean');
  expect(found.similarities.map(s => s.pair)).toEqual(['1 attention - 1 FFN', '1 FFN - 2 attention']);
  expect(found.similarities[0]!.median).toBe(0.5);
  expect(found.similarities[0]!.p5).toBeCloseTo(0.275, 10);
  expect(found.similarities[0]!.p95).toBeCloseTo(0.725, 10);
  expect(found.similarities[1]).toMatchObject({ p5: 1, median: 1, p95: 1 });
});

test('quantile is exact at the ends and between', () => {
  expect([0, 0.5, 1].map(share => quantile([1, 2, 3, 10], share))).toEqual([1, 2.5, 10]);
});

test('table lines up: names left, numbers right', () => {
  expect(
    table(
      ['name', 'n'],
      [
        ['a', '1'],
        ['long name', '1,000'],
      ],
    ),
  ).toBe(['name           n', '---------  -----', 'a              1', 'long name  1,000'].join('\n'));
});
