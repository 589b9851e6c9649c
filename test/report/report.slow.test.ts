import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { renderReport } from '../../lib/report/html.js';
import type { ReportData } from '../../lib/report/index.js';
import { chromium, dumpDom } from './chromium.js';
import { bundlePage } from './page.js';
import { syntheticReport } from './synthetic.js';

const folder = mkdtempSync(path.join(tmpdir(), 'frac-report-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!chromium)('in headless Chromium (skipped where there is none)', () => {
  async function open(report: ReportData, ...flags: string[]) {
    const file = path.join(mkdtempSync(path.join(folder, 'page-')), 'report.html');
    writeFileSync(file, renderReport(report, await bundlePage()));
    return dumpDom(file, ...flags);
  }

  /** The chart's drawing: what is inside its element. */
  function chart(dom: string, id: string): string {
    const at = dom.indexOf(`id="${id}"`);
    return at < 0 ? '' : dom.slice(at, dom.indexOf('</figure>', at));
  }

  test('draws every chart without a word on the console', async () => {
    const { dom, console } = await open(syntheticReport());
    expect(console).toEqual([]);
    expect(dom.includes('data-charts="drawn"')).toBe(true);
    for (const id of [
      'loss',
      'difference',
      'eval',
      'eval-difference',
      'similarity',
      'coefficients-0',
      'coefficients-1',
    ]) {
      const drawn = chart(dom, `chart-${id}`);
      // Counts and flags, as a failure would otherwise print the whole drawing.
      expect(drawn.match(/<path/g)?.length ?? 0, id).toBeGreaterThan(10);
      expect(drawn.includes('NaN'), id).toBe(false);
    }
    expect(
      chart(dom, 'chart-loss').includes('training loss (nats per token)'),
      'training loss (nats per token)',
    ).toBe(true);
    expect(chart(dom, 'chart-difference').includes('loss minus residual'), 'loss minus residual').toBe(true);
    expect(chart(dom, 'chart-similarity').includes('cosine similarity'), 'cosine similarity').toBe(true);
    expect(chart(dom, 'chart-coefficients-0').includes('4 FFN'), '4 FFN').toBe(true);
  });

  test('draws one wiring, a phone, and many layers without a word on the console', async () => {
    const report = syntheticReport({ steps: 3, layers: 16, rate: 8 });
    const alone = { ...report, runs: report.runs.slice(2) };
    const { dom, console } = await open(alone, '--window-size=390,2000');
    expect(console).toEqual([]);
    expect(dom.includes('data-charts="drawn"')).toBe(true);
    expect(chart(dom, 'chart-loss').includes('<svg')).toBe(true);
    expect(dom.includes('id="chart-difference"'), 'nothing to compare with').toBe(false);
    expect(chart(dom, 'chart-coefficients-0').includes('16 FFN'), '16 FFN').toBe(true);
  });
});
