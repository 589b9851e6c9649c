import { describe, expect, it } from 'vitest';
import { latest, origins } from '../../bench/harness/latest.mjs';
import { chartsOf } from '../../bench/report/charts.mjs';
import { markdownOf, table } from '../../bench/report/markdown.mjs';
import { pageOf } from '../../bench/report/page.mjs';
import { modelsRow, opsRow } from './row.js';

describe('the report', () => {
  it('takes the last quiet row of each thing', () => {
    const rows = [
      opsRow({ us: 1 }),
      opsRow({ op: 'depth' }),
      opsRow({ us: 2 }),
      opsRow({ us: 3, noisy: true }),
    ];
    expect(latest(rows)).toEqual([opsRow({ op: 'depth' }), opsRow({ us: 2 })]);
  });

  it('keeps machines apart', () => {
    const other = opsRow({ machine: { cpu: 'other', cores: 4, memoryGB: 8, system: 'linux arm64' } });
    expect(latest([opsRow(), other])).toHaveLength(2);
    expect(origins([opsRow(), other])).toHaveLength(2);
  });

  it('writes tables without empty columns', () => {
    const lines = table([
      { a: 1, b: '', c: 'x|y' },
      { a: 2, b: '', c: '' },
    ]);
    expect(lines).toBe('| a | c |\n| --- | --- |\n| 1 | x\\|y |\n| 2 |  |');
  });

  it('names the shape, the machine and the commit', () => {
    const text = markdownOf([opsRow()]);
    expect(text).toContain('<summary>8x64:dfc4: all ops</summary>');
    expect(text).toContain('none, 2 cores, 1 GB');
    expect(text).toContain('2026-01-01, commit 0000000; node 20.0.0');
  });

  it('begins the ops with a connection on each shape, on the paths with kernels', () => {
    const whole = { op: 'connection', pass: 'both', us: 12, ofComposition: 0.25, percentOfCopy: 80 };
    const text = markdownOf([opsRow(whole), opsRow({ ...whole, path: 'fallback-cpu' }), opsRow()]);
    expect(text).toContain('| 8x64:dfc4 | tensorflow | 12 | 80 | 4.0 | 1.00 |');
    expect(text).not.toContain('| 8x64:dfc4 | fallback-cpu');
  });

  it('has the claim of models, and what they cost', () => {
    const text = markdownOf([modelsRow({ wiring: 'residual' }), modelsRow({ wiring: 'dhc4' })]);
    expect(text).toContain('### What a wiring widens; dense, path tensorflow: dim 64');
    expect(text).toContain('| dhc4 | 4 |');
    expect(chartsOf([modelsRow({ wiring: 'residual' }), modelsRow({ wiring: 'dhc4' })])).toHaveLength(2);
  });

  it('draws what there is, as SVG on a page without scripts', () => {
    const rows = [opsRow({ pass: 'both' }), opsRow({ pass: 'both', path: 'native', percentOfCopy: null })];
    const charts = chartsOf([...rows, opsRow()]);
    expect(charts.map((chart: { title: string }) => chart.title)).toEqual([
      'width, forward and backward: kernels against the composition of tfjs ops',
      'width, forward and backward: bytes a second, in percent of a copy',
    ]);
    const page = pageOf(charts, [opsRow({ machine: { ...opsRow().machine, cpu: '<b>' } })]);
    expect(page).toContain('<svg');
    expect(page).not.toContain('<script');
    expect(page).toContain('&lt;b&gt;');
  });
});
