import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCases } from '../support/read_cases.js';
import { expectResults } from '../support/reference.js';
import { executable, launch } from './chromium.js';
import { Consumer, type Site } from './consumer.js';

const PAGE = 'browser/page';
const PACKAGES = ['@tensorflow/tfjs', '@tensorflow/tfjs-core', '@tensorflow/tfjs-layers'];
const consumer = new Consumer([...PACKAGES, '@tensorflow/tfjs-backend-wasm', 'zod']);
consumer.add('test/browser/page', PAGE);
consumer.add('test/support', 'support');
let site: Site;

beforeAll(async () => {
  site = await consumer.build(PAGE);
});
afterAll(() => consumer.dispose());

describe('a Vite build of a page that imports the package', () => {
  it('goes without a warning', () => expect(site.warnings).toEqual([]));

  it('has nothing of Node or native code in it', () => {
    expect(site.imports).toEqual([]);
    const own = site.modules.filter(name => name.includes('/frac-connections/'));
    expect(own.length).toBeGreaterThan(20);
    expect(own.filter(name => /\/(native|cuda|tensorflow|cli|report)\//.test(name))).toEqual([]);
    expect(site.modules.filter(name => /node-gyp-build|\.node$/.test(name))).toEqual([]);
    // tfjs and what draws its random numbers ask for Node's modules where they find themselves in Node.
    expect(site.askForNode.filter(name => !/\/(@tensorflow|seedrandom)\//.test(name))).toEqual([]);
    expect(site.code.match(/\bnode:\w+|node-gyp-build|\.node\b['"]/g) ?? []).toEqual([]);
  });
});

const WIRINGS = {
  residual: { wiring: { kind: 'residual' } },
  SFCx4: { wiring: { kind: 'frac', rate: 4, dynamic: false } },
  DFCx4: { wiring: { kind: 'frac', rate: 4 } },
  'DFCx4, for longer': { wiring: { kind: 'frac', rate: 4 } },
  DHCx2: { wiring: { kind: 'hyper', rate: 2 } },
  'DFCx2, experts, checkpointing': { wiring: { kind: 'frac', rate: 2 }, experts: 2, checkpointing: true },
} as const;
/** The wiring that trains long enough to learn the words. */
const LONGEST = 'DFCx4, for longer';

describe.skipIf(!executable)('in headless Chromium (skipped where there is none)', () => {
  let browser: Browser;
  let server: Awaited<ReturnType<Consumer['serve']>>;
  beforeAll(async () => {
    [server, browser] = await Promise.all([consumer.serve(PAGE), launch()]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** The losses of the first backend, which the others must have too. */
  const onCpu = new Map<string, number[]>();

  describe.each(['cpu', 'wasm', 'webgl'])('%s', backend => {
    let page: Page;
    const errors: string[] = [];
    beforeAll(async () => {
      page = await browser.newPage();
      page.on('pageerror', error => errors.push(error.message));
      page.on('console', message => void (message.type() === 'error' && errors.push(message.text())));
      await page.goto(server.url);
    });
    afterAll(async () => page?.close());

    it('is the backend, in float32, and the ops take the fallback', async () => {
      const started = await page.evaluate(name => window.checks.start(name), backend);
      expect(started).toEqual({ backend, path: 'fallback', float32: true });
    });

    it.each(readCases().map(each => [each.config.name, each] as const))('%s', async (_, reference) => {
      expectResults(reference, await page.evaluate(each => window.checks.reference(each), reference));
    });

    it('trains a tf.layers model', async () => {
      const losses = await page.evaluate(() => window.checks.trainLayers());
      expect(losses).toHaveLength(12);
      expect(losses.at(-1)!).toBeLessThan(losses[0]! / 2);
    });

    // WebGL compiles a program for each op and shape, here by the processor: one wiring and few steps are enough there.
    const wirings = Object.entries(WIRINGS).filter(([name]) => backend !== 'webgl' || name === 'DFCx4');
    it.each(wirings)('trains a language model, %s', async (name, options) => {
      const steps = name === LONGEST ? 16 : 6;
      const trained = await page.evaluate(
        ([options, steps]) => window.checks.trainLanguageModel(options, steps),
        [options, steps] as const,
      );
      expect(trained.losses).toHaveLength(steps);
      expect(trained.losses[0]!).toBeCloseTo(Math.log(256), 1);
      expect(trained.heldOut).toBeLessThan(name === LONGEST ? 3 : 5.3);
      onCpu.set(name, onCpu.get(name) ?? trained.losses);
      trained.losses.forEach((loss, i) => void expect(loss).toBeCloseTo(onCpu.get(name)![i]!, 2));
      expect(trained.tensors[1]).toBe(trained.tensors[0]);
      const rate = 'rate' in options.wiring ? options.wiring.rate : 0;
      expect(trained.columns).toBe(name === 'DHCx2' ? 1 + rate : name.startsWith('DFC') ? 2 * rate : 0);
      if (name === LONGEST) expect(trained.sample).toMatch(/^[ .a-z]{10}$/);
    });

    it('logs no error', () => expect(errors).toEqual([]));
  });
});
