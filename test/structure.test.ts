import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const IMPORT = /(?:\bfrom|\bimport|\bimport\()\s*'(\.[^']+)'/g;

/** What each file of a folder imports, types included: paths below the root by paths. */
function imports(folder: string): Map<string, string[]> {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  const sources = files.filter(file => /\.(ts|mjs)$/.test(file)).map(file => join(ROOT, folder, file));
  const of = (file: string) =>
    [...readFileSync(file, 'utf8').matchAll(IMPORT)].map(([, path]) =>
      relative(ROOT, resolve(dirname(file), path!.replace(/\.js$/, '.ts'))),
    );
  return new Map(sources.map(file => [relative(ROOT, file), of(file)]));
}

/** The first circle in a graph, or undefined. */
function circle(graph: Map<string, string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, way: string[]): string[] | undefined => {
    if (way.includes(node)) return [...way.slice(way.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const found = visit(next, [...way, node]);
      if (found) return found;
    }
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const found = visit(node, []);
    if (found) return found;
  }
  return undefined;
}

/** Folders that import each other. */
function mutual(graph: Map<string, string[]>): string[] {
  const pairs = new Set(
    [...graph].flatMap(([file, all]) => all.map(to => `${dirname(file)} ${dirname(to)}`)),
  );
  return [...pairs].filter(pair => {
    const [from, to] = pair.split(' ');
    return from! < to! && pairs.has(`${to} ${from}`);
  });
}

describe.each(['lib', 'bench', 'scripts'])('%s', folder => {
  const graph = imports(folder);
  test('its files import each other in no circle', () => expect(circle(graph)).toBeUndefined());
  test('no two of its folders import each other', () => expect(mutual(graph)).toEqual([]));
});

test('imports are found, and so is a circle', () => {
  expect(imports('lib').get('lib/index.ts')).toContain('lib/paths/install.ts');
  const graph = new Map([
    ['a/1', ['b/1']],
    ['b/1', ['c/1']],
    ['c/1', ['b/1']],
  ]);
  expect(circle(graph)).toEqual(['b/1', 'c/1', 'b/1']);
  expect(mutual(graph)).toEqual(['b c']);
});

test('only entries lie loose in lib/', () => {
  const loose = readdirSync(join(ROOT, 'lib'), { withFileTypes: true }).filter(entry => entry.isFile());
  expect(loose.map(entry => entry.name).sort()).toEqual(['browser.ts', 'index.ts']);
});
