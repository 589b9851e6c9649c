import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cacheBytes, parseSize } from '../../bench/harness/cache.mjs';
import { interleave } from '../../bench/harness/interleave.mjs';
import { referenceLoop } from '../../bench/harness/reference_loop.mjs';
import { appendRows, checkRow, keyOf, readRows } from '../../bench/harness/rows.mjs';
import { interference, isNoisy, scaling, summary } from '../../bench/harness/stats.mjs';
import { opsRow } from './row.js';

describe('stats', () => {
  it('tells median, spread and number', () => {
    expect(summary([1, 2, 3, 4, 5, 6, 7, 100])).toEqual({ median: 4.5, spread: 3.5 / 4.5, samples: 8 });
    expect(summary([3])).toEqual({ median: 3, spread: 0, samples: 1 });
  });

  it('calls a run noisy by the loop beside it, or by its own spread', () => {
    expect(interference([5, 5, 8], 5)).toBeCloseTo(0.2);
    expect(isNoisy({ interference: 0.05, spread: 0.1 })).toBe(false);
    expect(isNoisy({ interference: 0.2, spread: 0.1 })).toBe(true);
    expect(isNoisy({ interference: 0.05, spread: 0.5 })).toBe(true);
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
  it('goes round by round, and gives a slow contender fewer of them', async () => {
    const order: string[] = [];
    const contender = (name: string, ms: number) => ({
      name,
      async sample() {
        order.push(name);
        await new Promise(resolve => setTimeout(resolve, ms));
        return { forward: ms };
      },
    });
    const loop = { run: () => 5 };
    const found = await interleave([contender('a', 0), contender('b', 300)], loop, { budget: 1, most: 6 });
    expect(found.a?.parts.forward).toHaveLength(6);
    expect(found.b?.parts.forward?.length).toBeLessThan(6);
    expect(found.a?.loops).toHaveLength(12); // before and after each round
    expect(order.slice(4, 8)).toEqual(['a', 'b', 'a', 'b']);
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
