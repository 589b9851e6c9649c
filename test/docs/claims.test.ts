import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countBytes } from '../../bench/ops/bytes.mjs';
import { countParameters } from '../../lib/connections/count.js';
import { FracConnection } from '../../lib/connections/frac_connection.js';
import type { ModuleOptions } from '../../lib/connections/module_options.js';
import { pageText, ROOT, section, tableRows } from './pages.js';

const troubleshooting = pageText('guide/troubleshooting.md');
const wirings = pageText('guide/wirings.md');

describe('troubleshooting', () => {
  const errors = readFileSync(join(ROOT, 'lib', 'common', 'errors.ts'), 'utf8');
  const codes = [...errors.matchAll(/^ {2}\| '(ERR_\w+)'/gm)].map(match => match[1]!);

  it('has a section for each error code, and for no other', () => {
    expect(codes.length).toBeGreaterThan(10);
    const headings = section(troubleshooting, '## Error codes').matchAll(/^### (ERR_\w+)$/gm);
    expect([...headings].map(match => match[1])).toEqual(codes);
  });

  it.each(codes)('says what to do about %s', code => {
    expect(section(troubleshooting, `### ${code}`)).toContain('*What to do:*');
  });

  const cells = tableRows(section(troubleshooting, '## What doctor says')).map(([cell]) => cell!);
  const bullets = [...pageText('guide/gpu.md').matchAll(/^- (`[^`]+`) (?:is|means)/gm)].map(
    ([, quote]) => quote!,
  );
  const quotes = [...cells, ...bullets]
    .map(quote => /^`(.+)`$/.exec(quote)?.[1])
    .filter(quote => quote !== undefined);
  const sources = readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => join(ROOT, 'lib', name));
  const said = [...sources, join(ROOT, 'node_modules', 'node-gyp-build', 'node-gyp-build.js')]
    .map(file => readFileSync(file, 'utf8'))
    .join('\n');

  it.each(quotes)('quotes what doctor says: %s', quote => {
    // Not toContain, which would print all sources.
    expect(quote.split('…').filter(part => !said.includes(part.trim()))).toEqual([]);
  });
  // What the file was made with, by the page's words, and what loads it.
  const FILES: Record<string, [Partial<ModuleOptions> & { rate?: number }, Partial<ModuleOptions>]> = {
    "`norm: 'layer'`": [{ norm: 'layer' }, {}],
    "`norm: 'rms'`, and this connection has `'layer'`": [{}, { norm: 'layer' }],
    'a static wiring': [{ dynamic: false }, {}],
    'a dynamic wiring': [{}, { dynamic: false }],
    '`prenorm: false`': [{}, { prenorm: true }],
    'another rate, or streams in place of fractions': [{ rate: 4 }, {}],
  };
  const refusals = tableRows(section(troubleshooting, '### The weights are of another configuration'));
  it.each(refusals)('quotes what loadStateDict says: %s', (quote, file) => {
    const [theirs, ours] = FILES[file!]!.map(each => new FracConnection({ dim: 8, rate: 2, ...each }));
    expect(() => ours!.loadStateDict(theirs!.stateDict())).toThrow(quote!.slice(1, -1));
  });

  it('quotes much of it', () => expect(quotes.length).toBeGreaterThan(20));
});

describe('what a wiring costs', () => {
  const OPTIONS: Record<string, object> = {
    SFC: { fractions: 4, dynamicAlpha: false, dynamicBeta: false },
    DFC: { fractions: 4 },
    SHC: { streams: 4, dynamicAlpha: false, dynamicBeta: false },
    DHC: { streams: 4 },
  };

  it.each(tableRows(section(wirings, '### Parameters')))('%s, in parameters', (name, _, example) => {
    const { total } = countParameters({ dim: 2048, ...OPTIONS[name!] });
    expect(example).toMatch(new RegExp(`: ${total.toLocaleString('en')}$`));
  });

  /** Rows of dim values a token that an op moves. */
  const rows = (op: string, streams: number) =>
    countBytes(op, 'forward', { tokens: 1, dim: 1, streams, fractions: 2, dynamic: false, prenorm: true }) /
    4;
  const value = (text: string, n: number) => {
    const [, factor, sum = '0'] = /^(\d*)n \+ (\d+)$/.exec(text) ?? [undefined, '0', text];
    return Number(factor || 1) * n + Number(sum);
  };

  it.each(tableRows(section(wirings, '### Memory traffic')))('%s, in memory traffic', (name, frac, hyper) => {
    const stem = /`frac(\w+)`/.exec(name!)?.[1] ?? 'residual';
    const op = stem.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase();
    expect(Number(frac)).toBe(rows(op, 1));
    for (const n of [2, 4]) expect(value(hyper!, n)).toBe(rows(op, op === 'residual' ? 1 : n));
  });
});
