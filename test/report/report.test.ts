import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderReport } from '../../lib/report/html.js';
import { pageScript, type ReportData, writeReport } from '../../lib/report/index.js';
import { bundlePage } from './page.js';
import { syntheticReport } from './synthetic.js';

const folder = mkdtempSync(path.join(tmpdir(), 'frac-report-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let script = '';
beforeAll(async () => {
  script = await bundlePage();
});

/** The page without its scripts: what a browser reads as markup. */
function markup(html: string): string {
  return html.replace(/<script\b[^>]*>[\s\S]*?<\/script>/g, '');
}

function embedded(html: string): ReportData {
  const json = /<script type="application\/json" id="report-data">([\s\S]*?)<\/script>/.exec(html)?.[1];
  return JSON.parse(json ?? '');
}

describe('renderReport', () => {
  const report = syntheticReport({ steps: 60 });

  test('loads nothing from anywhere', () => {
    const page = markup(renderReport(report, script));
    expect(page).not.toMatch(/<link|<iframe|<img|\bsrc\s*=|@import|url\(|https?:/i);
    expect(renderReport(report, script)).not.toMatch(/<script[^>]+src/i);
  });

  test('holds all data, whatever is in its texts', () => {
    const html = renderReport(report, script);
    expect(embedded(html)).toEqual(report);
    expect(html.match(/<script\b/g)).toHaveLength(2);
    expect(html.match(/<\/script>/g)).toHaveLength(2);
    expect(markup(html)).toContain('&lt;/script&gt;&lt;script&gt;throw');
    expect(markup(html)).toContain('text &amp; &lt;order&gt;.');
  });

  test('has a row for each wiring, with its difference to residual', () => {
    const page = markup(renderReport(report, ''));
    const rows = [...page.matchAll(/<tr><th scope="row">([\s\S]*?)<\/tr>/g)].map(match =>
      (match[1] as string)
        .replace(/<\/t[dh]>\s*<td>/g, '|')
        .replace(/<[^>]*>/g, '')
        .trim()
        .split('|'),
    );
    expect(rows.map(row => row[0])).toEqual(['residual', 'SFCx4', 'DFCx4']);
    expect(rows[0]![1]).toBe('1,234,567');
    expect(rows[0]!.slice(4, 5)).toEqual(['']);
    const difference = report.runs[2]!.finalEvalLoss - report.runs[0]!.finalEvalLoss;
    expect(rows[2]![6]).toBe(`−${Math.abs(difference).toFixed(3)}`);
    expect(rows[2]![8]).toBe('345.7 MB');
  });

  test('has a chart of coefficients for each wiring with connections, and none without', () => {
    const html = markup(renderReport(report, ''));
    expect(html.match(/id="chart-coefficients-\d"/g)).toHaveLength(2);
    const plain = markup(renderReport({ ...report, runs: report.runs.slice(0, 1) }, ''));
    expect(plain).not.toContain('chart-coefficients');
    expect(plain).not.toContain('What the connections learned');
  });
});

describe('writeReport', () => {
  test('writes the built page, and leaves nothing beside it', async () => {
    const own = mkdtempSync(path.join(folder, 'write-'));
    const report = syntheticReport({ steps: 5 });
    await writeReport(path.join(own, 'report.html'), report);
    expect(readdirSync(own)).toEqual(['report.html']);
    const html = readFileSync(path.join(own, 'report.html'), 'utf8');
    expect(embedded(html)).toEqual(report);
    expect(html.length).toBeGreaterThan((await pageScript()).length);
  });

  test('says which file it cannot write', async () => {
    const file = path.join(folder, 'no', 'such', 'folder', 'report.html');
    const promise = writeReport(file, syntheticReport({ steps: 5 }));
    await expect(promise).rejects.toMatchObject({ code: 'ERR_FILE' });
    await expect(promise).rejects.toThrow(file);
  });
});
