import { describe, expect, it } from 'vitest';
import { Random } from '../../lib/common/random.js';

const draw = (random: Random, count: number) => Array.from({ length: count }, () => random.next());

describe('Random', () => {
  it('is xoshiro128**: the published algorithm, computed here with BigInt', () => {
    const words = new Random(42).state().words.map(word => BigInt(word >>> 0));
    const mask = 0xffffffffn;
    const rotate = (x: bigint, k: bigint) => ((x << k) | (x >> (32n - k))) & mask;
    const reference = () => {
      let [a, b, c, d] = words as [bigint, bigint, bigint, bigint];
      const result = (rotate((b * 5n) & mask, 7n) * 9n) & mask;
      const t = (b << 9n) & mask;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= t;
      d = rotate(d, 11n);
      words.splice(0, 4, a, b, c, d);
      return Number(result);
    };
    const random = new Random(42);
    for (let i = 0; i < 1000; i++) expect(random.bits()).toBe(reference());
  });

  it('repeats by seed, and other seeds differ', () => {
    expect(draw(new Random(7), 5)).toEqual(draw(new Random(7), 5));
    const firsts = [0, 1, 2, -1, 0.5, 1e-9, 2 ** 40, 2 ** 40 + 1].map(seed => new Random(seed).next());
    expect(new Set(firsts).size).toBe(firsts.length);
    expect(new Random(-0).next()).toBe(new Random(0).next());
  });

  it('goes on from a saved state, through JSON, in the middle of a pair of normals', () => {
    const random = new Random(3);
    random.normal();
    const saved = JSON.parse(JSON.stringify(random.state()));
    const rest = [random.normal(), random.normal(), random.next()];
    const again = Random.fromState(saved);
    expect([again.normal(), again.normal(), again.next()]).toEqual(rest);
  });

  it('is uniform in [0, 1): mean, variance, and every tenth is met', () => {
    const values = draw(new Random(11), 100_000);
    const mean = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
    expect(Math.min(...values.slice(0, 1000))).toBeGreaterThanOrEqual(0);
    expect(values.every(x => x >= 0 && x < 1)).toBe(true);
    expect(mean).toBeCloseTo(0.5, 2);
    expect(variance).toBeCloseTo(1 / 12, 2);
    const tenths = Array.from({ length: 10 }, (_, i) => values.filter(x => Math.floor(x * 10) === i).length);
    for (const count of tenths) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });

  it('draws normals of mean 0, variance 1 and kurtosis 3, not paired', () => {
    const random = new Random(12);
    const values = Array.from({ length: 100_000 }, () => random.normal());
    const moment = (k: number) => values.reduce((a, b) => a + b ** k, 0) / values.length;
    expect(moment(1)).toBeCloseTo(0, 1);
    expect(moment(2)).toBeCloseTo(1, 1);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.15);
    const pairs = values.slice(1).reduce((sum, x, i) => sum + x * values[i]!, 0) / values.length;
    expect(Math.abs(pairs)).toBeLessThan(0.02);
  });

  it('draws every integer below n', () => {
    const random = new Random(13);
    expect(new Set(Array.from({ length: 200 }, () => random.int(5)))).toEqual(new Set([0, 1, 2, 3, 4]));
  });
});
