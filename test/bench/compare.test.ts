import { describe, expect, it } from 'vitest';
import { compare } from '../../bench/harness/compare.mjs';
import { opsRow } from './row.js';

describe('compare', () => {
  it('finds nothing worse within 15 %, whatever the times are', () => {
    const verdict = compare([opsRow({ us: 900, ofComposition: 0.11, percentOfCopy: 45 })], [opsRow()]);
    expect(verdict).toEqual({ worse: [], compared: 1, unknown: 0, noisy: 0 });
  });

  it.each([
    ['ofComposition', 0.2],
    ['ofResidual', 1.2],
    ['percentOfCopy', 40],
  ])('finds a worse %s', (ratio, is) => {
    const { worse } = compare([opsRow({ [ratio]: is })], [opsRow()]);
    expect(worse).toHaveLength(1);
    expect(worse[0]).toMatchObject({ ratio, is });
    expect(worse[0]!.change).toBeGreaterThan(0.15);
  });

  it('calls nothing worse that got better', () => {
    const better = opsRow({ ofComposition: 0.05, ofResidual: 0.5, percentOfCopy: 99 });
    expect(compare([better], [opsRow()]).worse).toEqual([]);
  });

  it('takes the last committed row, leaves out noisy ones and counts those that nobody knows', () => {
    const committed = [
      opsRow({ ofResidual: 0.1 }),
      opsRow({ ofResidual: 1 }),
      opsRow({ ofResidual: 0.1, noisy: true }),
    ];
    expect(compare([opsRow()], committed).worse).toEqual([]);
    expect(compare([opsRow({ noisy: true, ofResidual: 9 })], committed)).toMatchObject({
      worse: [],
      noisy: 1,
    });
    expect(compare([opsRow({ op: 'depth' })], committed)).toMatchObject({ compared: 0, unknown: 1 });
  });

  it('compares no ratio that one of the two lacks', () => {
    expect(compare([opsRow({ ofResidual: null })], [opsRow()]).worse).toEqual([]);
  });
});
