import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');
export const DOCS = join(ROOT, 'docs');

export interface Page {
  /** Below docs/. */
  name: string;
  text: string;
}

const read = (name: string): Page => ({ name, text: readFileSync(join(DOCS, name), 'utf8') });

/** The site's pages that are written by hand, but for docs/decisions. */
export const pages: Page[] = [
  'index.md',
  ...readdirSync(join(DOCS, 'guide'))
    .sort()
    .map(name => `guide/${name}`),
].map(read);

/** The text of one of them. */
export function pageText(name: string): string {
  const found = pages.find(page => page.name === name);
  if (found === undefined) throw new Error(`docs/${name} is not there`);
  return found.text;
}

/** The part of a page below a heading, up to the next of the same level or a higher one. */
export function section(text: string, heading: string): string {
  const start = text.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`there is no ${heading}`);
  const level = heading.indexOf(' ');
  const rest = text.slice(start + heading.length + 2);
  const end = rest.search(new RegExp(`^#{1,${level}} `, 'm'));
  return end < 0 ? rest : rest.slice(0, end);
}

/** The rows of the tables in a text, as trimmed cells; without heads. */
export function tableRows(text: string): string[][] {
  const lines = text.split('\n');
  const isRow = (line: string | undefined) => line?.startsWith('|') ?? false;
  const isRule = (line: string | undefined) => /^\|[\s|:-]+\|$/.test(line ?? '');
  return lines
    .filter((line, i) => isRow(line) && !isRule(line) && !isRule(lines[i + 1]))
    .map(line =>
      line
        .slice(1, -1)
        .split('|')
        .map(cell => cell.trim()),
    );
}
