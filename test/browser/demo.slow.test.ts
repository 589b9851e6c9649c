import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { executable, launch } from './chromium.js';
import { Consumer, type Site } from './consumer.js';

// examples/browser, built from the package as npm would pack it.
const PACKAGES = ['@tensorflow/tfjs', '@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm'];
const consumer = new Consumer([...PACKAGES, 'echarts', 'zod', 'vite']);
consumer.add('examples/browser', 'demo');
let site: Site;
beforeAll(async () => {
  site = await consumer.build('demo');
});
afterAll(() => consumer.dispose());

it('builds without a warning', () => {
  expect(site.warnings).toEqual([]);
  expect(site.imports).toEqual([]);
});

const TEXT = 'It is not down on any map; true places never are. '.repeat(30);
const SMALL = { dim: '32', layers: '1', context: '16', batch: '4', steps: '8', backend: 'cpu' };

describe.skipIf(!executable)('in headless Chromium (skipped where there is none)', () => {
  let browser: Browser;
  let server: Awaited<ReturnType<Consumer['serve']>>;
  let page: Page;
  const errors: string[] = [];

  beforeAll(async () => {
    [server, browser] = await Promise.all([consumer.serve('demo'), launch()]);
    page = await browser.newPage();
    page.setDefaultTimeout(120_000);
    page.on('pageerror', error => errors.push(error.message));
    page.on('console', message => {
      if (message.type() === 'error' || message.text().includes('ECharts')) errors.push(message.text());
    });
    await page.goto(server.url);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** Fills in the form; names are those of its fields. */
  async function choose(fields: Record<string, string>): Promise<void> {
    for (const [name, value] of Object.entries(fields)) {
      const field = page.locator(`[name="${name}"]`);
      const isSelect = await field.evaluate(element => element.tagName === 'SELECT');
      await (isSelect ? field.selectOption(value) : field.fill(value));
    }
  }

  const text = (selector: string) => page.locator(selector).innerText();
  const state = (value: string) => page.locator('#state', { hasText: value }).waitFor();
  const atStep = (step: number) =>
    page.waitForFunction(
      least => Number.parseInt(document.getElementById('step')!.textContent!, 10) >= least,
      step,
    );
  const matrices = () => page.locator('#matrices svg').evaluateAll(all => all.map(svg => svg.textContent));
  /** Line segments drawn: one a step and curve. */
  const segments = () =>
    page
      .locator('#loss-chart svg path[fill="none"]')
      .evaluateAll(paths =>
        paths.reduce((sum, path) => sum + path.getAttribute('d')!.split(/[LC]/).length, 0),
      );
  const rows = () => page.locator('#runs tbody tr').allInnerTexts();

  it('names every control', async () => {
    const controls = page.locator('input, select, textarea, button');
    for (const control of await controls.all()) {
      const name = await control.evaluate((element: HTMLInputElement) =>
        (element.labels?.[0] ?? element).textContent!.trim(),
      );
      expect(name).toMatch(/\w/);
    }
    expect(await controls.count()).toBe(16);
  });

  it('trains DFCx4 on pasted text; curves and matrices move', async () => {
    await choose({ ...SMALL, wiring: 'dfc', rate: '4', source: 'pasted', steps: '24', text: TEXT });
    await page.click('#start');
    await atStep(6);
    await page.click('#pause');
    await state('paused');
    const [before, curve] = [await matrices(), await segments()];
    expect(before).toHaveLength(2);
    expect(before[0]).toMatch(/Y1.*A4.*B/);
    await page.click('#pause');
    await state('done');
    expect(await matrices()).not.toEqual(before);
    expect(await segments()).toBeGreaterThan(curve + 10);
    const [row] = await rows();
    expect(row).toMatch(/^DFCx4\t[\d,]+\t24\t\d\.\d{3}\t\d\.\d{3}\t[\d,]+$/);
    expect(Number(row!.split('\t')[3])).toBeLessThan(4.8);
    expect(await text('#sample .drawn')).not.toBe('');
  });

  it.each([
    ['residual', 'residual', 'wasm', 2],
    ['shc', 'SHCx4', 'cpu', 3],
    ['dhc', 'DHCx4', 'wasm', 4],
    ['sfc', 'SFCx4', 'webgl', 5],
  ])('lays %s over it, and keeps no tensors', async (wiring, name, backend, runs) => {
    await choose({ ...SMALL, wiring, backend });
    await page.click('#start');
    await atStep(1);
    const first = await text('#tensors');
    await atStep(7);
    expect(await text('#tensors')).toBe(first);
    await state('done');
    expect(await text('#tensors')).toBe('0');
    expect((await rows()).map(row => row.split('\t')[0])).toContain(name);
    expect(await rows()).toHaveLength(runs);
    expect(await page.locator('#loss-chart svg').textContent()).toContain(name);
  });

  it('compares runs that read the same bytes with the residual one', async () => {
    expect(await text('#baseline')).toBe('residual');
    const lines = page.locator('#difference-chart svg path[fill="none"][stroke-width="2.4"]');
    expect(await lines.count()).toBe(4);
    await choose({ ...SMALL, context: '12', wiring: 'sfc', backend: 'cpu', rate: '2' });
    await page.click('#start');
    await state('done');
    expect(await lines.count()).toBe(4);
  });

  it('shows the matrices of the run that is asked for', async () => {
    const latest = await matrices();
    await page.locator('#shown select').selectOption('DHCx4');
    await expect.poll(matrices).not.toEqual(latest);
    expect((await matrices())[0]).not.toContain('Y2');
  });

  it('stops, clears, and says what is wrong on the page', async () => {
    await choose({ ...SMALL, steps: '2000' });
    await page.click('#start');
    await atStep(3);
    await page.click('#stop');
    await state('stopped');
    await page.click('#clear');
    await expect.poll(rows).toEqual([]);
    expect(errors).toEqual([]);
    await choose({ text: 'too short' });
    await page.click('#start');
    await page.locator('#error').waitFor();
    expect(await text('#error')).toContain('the text is too short: 9 tokens; context 16 needs at least 34');
    expect(errors).toHaveLength(1);
    errors.length = 0;
  });

  it('trains on the book', async () => {
    await choose({ ...SMALL, source: 'book' });
    await page.click('#start');
    await state('done');
    expect(await page.locator('#error').isVisible()).toBe(false);
    expect(errors).toEqual([]);
  });

  it.each([
    [390, 844],
    [1280, 900],
  ])('is not wider than a window of %i', async (width, height) => {
    await page.setViewportSize({ width, height });
    const wide = () => page.evaluate(() => document.documentElement.scrollWidth);
    await expect.poll(wide).toBeLessThanOrEqual(width);
  });
});
