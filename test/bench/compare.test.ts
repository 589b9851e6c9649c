import { describe, expect, it } from 'vitest';
import { compare, worseTwice } from '../../bench/harness/compare.mjs';
import { modelsRow, opsRow } from './row.js';

describe('compare', () => {
  it('finds nothing worse within 15 %, whatever the times are', () => {
    const verdict = compare([opsRow({ us: 900, ofComposition: 0.11, percentOfCopy: 45 })], [opsRow()]);
    expect(verdict).toEqual({ worse: [], compared: 1, unknown: 0, noisy: 0 });
  });

  it.each([
    ['ofComposition', 0.2],
    ['ofResidual', 1.2],
    ['percentOfCopy', 30],
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

  it('prefers the last row of the same machine', () => {
    const other = { ...opsRow().machine, cpu: 'another, limited to avx2' };
    const committed = [opsRow({ ofResidual: 1 }), opsRow({ ofResidual: 0.1, machine: other })];
    expect(compare([opsRow()], committed).worse).toEqual([]);
    expect(compare([opsRow({ machine: other })], committed).worse).toHaveLength(1);
  });

  it('compares no ratio that one of the two lacks', () => {
    expect(compare([opsRow({ ofResidual: null })], [opsRow()]).worse).toEqual([]);
  });

  it('allows for what the medians are uncertain by, those that a ratio is over among them', () => {
    const over = {
      ops: {
        ofComposition: (a: { op: string }, b: { op: string; path: string }) =>
          a.op === b.op && b.path === 'base',
      },
    };
    const rows = (spread: number, ofComposition: number) => [
      opsRow({ ofComposition }),
      opsRow({ path: 'base', spread, ofComposition: null }),
    ];
    const worse = (spread: number) => compare(rows(spread, 0.125), rows(spread, 0.1), over).worse.length;
    expect(worse(0.01)).toBe(1);
    expect(worse(0.2)).toBe(0);
  });

  it('allows nothing for what is counted, however uncertain the times', () => {
    const row = (activationsOfResidual: number) => modelsRow({ activationsOfResidual, spread: 0.2 });
    expect(compare([row(1.16)], [row(1)]).worse).toMatchObject([{ ratio: 'activationsOfResidual' }]);
  });

  it('counts what is worse twice, by ratio and thing', () => {
    const seems = (changed: object, ratio = 'ofResidual') => ({ row: opsRow(changed), ratio });
    const first = [seems({}), seems({ op: 'depth' }), seems({ path: 'native' })];
    const second = [seems({ us: 7 }), seems({ op: 'depth' }, 'ofComposition')];
    expect(worseTwice(first, second)).toEqual([first[0]]);
  });
});
