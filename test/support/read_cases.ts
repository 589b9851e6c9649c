import { readdirSync, readFileSync } from 'node:fs';
import { type Case, camel } from './cases.js';

const folder = new URL('../fixtures/', import.meta.url);

/** Every case in test/fixtures; option names as this package spells them. */
export function readCases(): Case[] {
  const names = readdirSync(folder).filter(name => name.endsWith('.json'));
  if (names.length === 0) throw new Error(`no reference cases in ${folder}`);
  return names.map(name => {
    const read = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
    const config = Object.fromEntries(Object.entries(read.config).map(([key, value]) => [camel(key), value]));
    return { ...read, config } as Case;
  });
}
