import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cacheBytes, parseSize } from '../../bench/harness/cache.mjs';
import { interleave } from '../../bench/harness/interleave.mjs';
import { referenceLoop } from '../../bench/harness/reference_loop.mjs';
import { appendRows, checkRow, keyOf, readRows } from '../../bench/harness/rows.mjs';
import { interference, isNoisy, scaling, summary, uncertainty } from '../../bench/harness/stats.mjs';
import { opsRow } from './row.js';

describe('stats', () => {
  it('tells median, spread and number', () => {
    expect(summary([1, 2, 3, 4, 5, 6, 7, 100])).toEqual({ median: 4.5, spread: 3.5 / 4.5, samples: 8 });
    expect(summary([3])).toEqual({ median: 3, spread: 0, samples: 1 });
  });

  it('calls a run noisy by the loop beside it, or where its median is uncertain', () => {
    expect(interference([5, 5, 8], 5)).toBeCloseTo(0.2);
    expect(uncertainty({ spread: 0.2, samples: 4 })).toBeCloseTo(0.157);
    expect(isNoisy({ interference: 0.05, spread: 0.2, samples: 9 })).toBe(false);
    expect(isNoisy({ interference: 0.2, spread: 0.2, samples: 9 })).toBe(true);
    expect(isNoisy({ interference: 0.05, spread: 0.4, samples: 9 })).toBe(true);
    expect(isNoisy({ interference: 0.05, spread: 0.4, samples: 25 })).toBe(false);
  });

  it('finds the power with which a time grows', () => {
    const { slope, cliffs } = scaling([1, 2, 4, 8, 16].map(x => [x, 3 * x ** 1.5]));
    expect(slope).toBeCloseTo(1.5);
    expect(cliffs).toEqual([]);
  });

  it('flags a point that is off the line', () => {
    const points = [1, 2, 4, 8, 16, 32].map(x => [x, x === 8 ? 1.5 * x : x]);
    const { cliffs } = scaling(points);
    expect(cliffs.map((each: { x: number }) => each.x)).toEqual([8]);
    expect(cliffs[0].off).toBeGreaterThan(0.2);
  });
});

describe('interleave', () => {
  const steady = { run: () => 5, best: () => 5 };
  /** A contender whose samples are of a list, over and over; how often it was asked is its `count`. */
  const contender = (name: string, times: number[]) => {
    const made = { name, count: 0, sample: async () => ({ forward: times[made.count++ % times.length]! }) };
    return made;
  };
  const WARM = 2; // samples that are not counted

  it('goes round by round, and gives a slow contender fewer of them', async () => {
    const order: string[] = [];
    const sleeper = (name: string, ms: number) => ({
      name,
      async sample() {
        order.push(name);
        await new Promise(resolve => setTimeout(resolve, ms));
        return { forward: 1 };
      },
    });
    const found = await interleave([sleeper('a', 0), sleeper('b', 300)], steady, { budget: 1, most: 6 });
    expect(found.a?.parts.forward).toHaveLength(6);
    expect(found.b?.parts.forward?.length).toBeLessThan(6);
    expect(found.a?.loops).toHaveLength(12); // before and after each round
    expect(order.slice(4, 8)).toEqual(['a', 'b', 'a', 'b']);
  });

  it('takes more rounds while a median is uncertain, so many times at most', async () => {
    const [calm, wild] = [contender('calm', [5]), contender('wild', [1, 9])];
    const found = await interleave([calm, wild], steady, { budget: 1, most: 6, tries: 3 });
    expect(calm.count).toBe(WARM + 6);
    expect(wild.count).toBe(WARM + 18);
    expect(found.wild?.parts.forward).toHaveLength(18);
  });

  it('leaves out and repeats the rounds beside which the loop was disturbed', async () => {
    let turn = 0;
    const disturbed = { run: () => (turn++ < 6 ? 9 : 5), best: () => 5 };
    const one = contender('one', [0, 0, 90, 90, 90, 7]);
    const found = await interleave([one], disturbed, { budget: 1, most: 6, least: 3, tries: 3 });
    expect(Math.max(...found.one!.loops)).toBe(5);
    expect(found.one?.parts.forward?.slice(0, 3)).toEqual([7, 0, 0]);
  });

  it('counts all rounds where too few were quiet', async () => {
    const busy = { run: () => 9, best: () => 5 };
    const found = await interleave([contender('one', [5])], busy, { budget: 1, most: 6, tries: 2 });
    expect(found.one?.parts.forward).toHaveLength(12);
    expect(isNoisy({ ...summary([5, 5]), interference: interference(found.one!.loops, 5) })).toBe(true);
  });
});

describe('the reference loop', () => {
  it('runs as often as it is asked, on several threads', () => {
    const loop = referenceLoop(2);
    const times = Array.from({ length: 10 }, () => loop.run());
    loop.close();
    for (const ms of times) expect(ms).toBeGreaterThan(0);
  });
});

describe('the cache', () => {
  it('has a size as Linux writes it', () => {
    expect(parseSize('266240K')).toBe(266240 * 1024);
    expect(() => parseSize('big')).toThrow('got big');
  });

  it('is taken for 64 MiB where nothing tells', () => {
    expect(cacheBytes('/nowhere')).toBe(64 << 20);
  });
});

describe('rows', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bench-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('are read as they were written, one a line', () => {
    const file = join(folder, 'rows.jsonl');
    appendRows(file, [opsRow()]);
    appendRows(file, [opsRow({ us: 2 })]);
    expect(readRows(file)).toEqual([opsRow(), opsRow({ us: 2 })]);
  });

  it('have every field and no other', () => {
    expect(() => checkRow({ ...opsRow(), us: 0 })).toThrow('us');
    expect(() => checkRow({ ...opsRow(), more: 1 })).toThrow('more');
    const { commit: _, ...without } = opsRow();
    expect(() => checkRow(without)).toThrow('commit');
  });

  it('are of the same thing whatever was found, where and when', () => {
    expect(keyOf(opsRow({ us: 5, commit: 'abc', date: '2026-01-01' }))).toBe(keyOf(opsRow()));
    expect(keyOf(opsRow({ path: 'native' }))).not.toBe(keyOf(opsRow()));
  });
});
