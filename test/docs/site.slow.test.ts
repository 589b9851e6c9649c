import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join, posix } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { executable, launch } from '../browser/chromium.js';
import { DOCS, ROOT } from './pages.js';

// Builds the site as a reader's server has it: minutes on a busy machine.
const DIST = join(DOCS, '.vitepress', 'dist');
const REPOSITORY = 'https://github.com/frac-connections/frac-connections';

const files = (extension: string) =>
  readdirSync(DIST, { recursive: true, encoding: 'utf8' }).filter(name => extname(name) === extension);
const read = (name: string) => readFileSync(join(DIST, name), 'utf8');
const attributes = (html: string, name: string) =>
  [...html.matchAll(new RegExp(`\\s${name}="([^"]*)"`, 'g'))].map(match => decodeURI(match[1]!));

describe.skipIf(process.env.TEST_BACKEND !== 'cpu')('the site', () => {
  let output: string;
  let pages: Map<string, string>;

  beforeAll(() => {
    const { status, stdout, stderr } = spawnSync('npm', ['run', 'docs'], { cwd: ROOT, encoding: 'utf8' });
    output = `${stdout}\n${stderr}`;
    expect(status, output).toBe(0);
    pages = new Map(files('.html').map(name => [name, read(name)]));
  }, 900_000);

  it('has the guide, the API of every entry and the decisions', () => {
    const names = [...pages.keys()];
    const own = ['index.md', ...readdirSync(join(DOCS, 'guide')).map(name => `guide/${name}`)];
    expect(names).toEqual(expect.arrayContaining(own.map(name => name.replace(/md$/, 'html'))));
    for (const entry of ['', 'layers/', 'models/', 'cuda/', 'tensorflow/']) {
      expect(names).toContain(`api/frac-connections/${entry}index.html`);
    }
    const decisions = readdirSync(join(DOCS, 'decisions')).map(name => `decisions/${name.slice(0, -3)}.html`);
    expect(names).toEqual(expect.arrayContaining(decisions));
    const sidebar = read('guide/get-started.html');
    for (const page of decisions) expect(sidebar).toContain(`/${page.replace(/index\.html$/, '')}"`);
  });

  /** What is wrong with a link, if anything. */
  function problem(page: string, href: string): string | undefined {
    if (href.startsWith(`${REPOSITORY}/blob/main/`)) {
      const path = href.slice(`${REPOSITORY}/blob/main/`.length).replace(/#.*/, '');
      return existsSync(join(ROOT, path)) ? undefined : 'no such file in the repository';
    }
    if (/^[a-z]+:/.test(href)) return undefined;
    const [path = '', anchor] = href.split('#');
    const below = path.startsWith('/') ? path.slice(1) : posix.join(dirname(page), path);
    const target = path === '' ? page : /(^|\/)$/.test(below) ? `${below}index.html` : below;
    if (!existsSync(join(DIST, target))) return `there is no ${target}`;
    if (anchor === undefined || anchor === '') return undefined;
    const html = pages.get(target);
    return html !== undefined && attributes(html, 'id').includes(anchor) ? undefined : `no #${anchor} there`;
  }

  it('has no dead link, anchor or picture', () => {
    const dead: string[] = [];
    let links = 0;
    for (const [page, html] of pages) {
      for (const href of [...attributes(html, 'href'), ...attributes(html, 'src')]) {
        const what = problem(page, href);
        links++;
        if (what !== undefined) dead.push(`${page}: ${href}: ${what}`);
      }
    }
    expect(links).toBeGreaterThan(1000);
    expect([...new Set(dead)]).toEqual([]);
    expect(problem('guide/layers.html', './nothing.html')).toBe('there is no guide/nothing.html');
    expect(problem('guide/layers.html', '/guide/wirings.html#nothing')).toBe('no #nothing there');
    expect(problem('index.html', `${REPOSITORY}/blob/main/nothing.md`)).toContain('no such file');
  });

  it('loads nothing from elsewhere', () => {
    for (const [page, html] of pages) {
      const loaded =
        html.match(/<(?:script|img|source|iframe)[^>]* src="[^"]*"|<link[^>]* href="[^"]*"/g) ?? [];
      expect(
        loaded.filter(tag => /"(https?:)?\/\//.test(tag)),
        page,
      ).toEqual([]);
    }
    for (const name of files('.css')) expect(read(name), name).not.toMatch(/url\("?(https?:)?\/\/|@import/);
  });

  describe.skipIf(!executable)('in Chromium (skipped where there is none)', () => {
    let server: Server;
    let browser: Browser;
    let address: string;

    beforeAll(async () => {
      server = createServer(answer).listen(0);
      address = `http://localhost:${(server.address() as AddressInfo).port}`;
      browser = await launch();
    });
    afterAll(async () => {
      await browser?.close();
      server?.close();
    });

    it.each([
      ['a phone', 360, 740],
      ['a desk', 1280, 800],
    ])('fits %s, with no error and no request to elsewhere', async (_, width, height) => {
      const page = await browser.newPage({ viewport: { width, height } });
      const wrong: string[] = [];
      page.on('pageerror', error => wrong.push(error.message));
      page.on('console', message => {
        if (['error', 'warning'].includes(message.type())) wrong.push(message.text());
      });
      page.on('request', request => {
        if (!request.url().startsWith(`${address}/`) && !request.url().startsWith('data:'))
          wrong.push(request.url());
      });
      const shown = [...pages.keys()].filter(name => !/^(404|api\/.*\/.*\/|decisions\/\d)/.test(name));
      for (const name of shown) {
        await page.goto(`${address}/${name}`);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        if (overflow > 0) wrong.push(`${name} is ${overflow} pixels too wide`);
      }
      await page.close();
      expect(wrong).toEqual([]);
    });

    it('finds a page by its search', async () => {
      const page = await browser.newPage();
      await page.goto(`${address}/`);
      await page.locator('#local-search button').click();
      await page.locator('#localsearch-input').fill('ERR_DIVERGED');
      await page.locator('#localsearch-list a[href*="troubleshooting"]').first().waitFor();
      await page.close();
    });
  });
});

const TYPES: Record<string, string> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
};

/** A file server. */
const answer: Parameters<typeof createServer>[1] = (request, response) => {
  const path = decodeURI(new URL(request.url!, 'http://localhost').pathname).replace(/\/$/, '/index.html');
  const file = join(DIST, path);
  const found = existsSync(file);
  response.writeHead(found ? 200 : 404, {
    'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
  });
  response.end(found ? readFileSync(file) : undefined);
};
