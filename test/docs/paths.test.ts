import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const records = readdirSync(join(root, 'docs/decisions')).filter(file => file.endsWith('.md'));
const TEXTS = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'RELEASING.md',
  'bench/NOTES.md',
  'examples/README.md',
  'examples/browser/README.md',
  ...records.map(file => `docs/decisions/${file}`),
];
/** A stem whose files show what `<stem>` in a text stands for. */
const STEM = 'frac_width';
const FOLDERS = /^(\.ci|\.github|bench|docs|examples|lib|native|scripts|test)(\/[\w.-]+)*\/?$/;
const ROOT_FILE = /^[A-Z][\w-]+\.(md|txt)$/;

/** Paths of the repository that a text names in backticks. */
const named = (text: string) =>
  [...text.matchAll(/`([^`\n]+)`/g)]
    .map(([, code]) => code!.replaceAll('<stem>', STEM))
    .filter(code => FOLDERS.test(code) || ROOT_FILE.test(code));

/** Paths that a text links to, from the root. */
const linked = (text: string, file: string) =>
  [...text.matchAll(/\]\(([^)\s#]+)(#[^)\s]*)?\)/g)]
    .map(([, target]) => target!)
    .filter(target => !/^\w+:/.test(target))
    .map(target => relative(root, join(root, dirname(file), target)));

const read = (file: string) => readFileSync(join(root, file), 'utf8');
const absent = (paths: string[]) => paths.filter(path => !existsSync(join(root, path)));

test('paths are found, and so is one that does not exist', () => {
  const text =
    'See `lib/index.ts`, `lib/ops/<stem>.ts`, `LICENSE.md` and `npm test`, [this](../README.md#use), [that](x.md).';
  expect(named(text)).toEqual(['lib/index.ts', 'lib/ops/frac_width.ts', 'LICENSE.md']);
  expect(linked(text, 'bench/NOTES.md')).toEqual(['README.md', 'bench/x.md']);
  expect(absent([...named(text), ...linked(text, 'bench/NOTES.md')])).toEqual(['LICENSE.md', 'bench/x.md']);
});

describe.each(TEXTS)('%s', file => {
  it('names only files that exist', () => expect(absent(named(read(file)))).toEqual([]));
  it('links only to files that exist', () => expect(absent(linked(read(file), file))).toEqual([]));
});

test.each(['README.md', 'ARCHITECTURE.md'])('%s has at most 150 lines', file => {
  expect(read(file).split('\n').length).toBeLessThanOrEqual(150);
});

test('ARCHITECTURE.md names every folder of lib/', () => {
  const folders = readdirSync(join(root, 'lib'), { withFileTypes: true }).filter(entry =>
    entry.isDirectory(),
  );
  const wanted = folders.map(({ name }) => `lib/${name}`);
  expect(wanted.filter(folder => !named(read('ARCHITECTURE.md')).includes(folder))).toEqual([]);
});

test('the list of decisions has every record, by its title', () => {
  const list = read('docs/decisions/index.md');
  const wanted = records.filter(file => file !== 'index.md');
  const titles = wanted.map(
    file => `- [${read(`docs/decisions/${file}`).split('\n')[0]!.slice(2)}](${file})`,
  );
  expect(titles.filter(line => !list.includes(line))).toEqual([]);
});
