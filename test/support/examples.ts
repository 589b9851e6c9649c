import { spawnSync } from 'node:child_process';
import { expect } from 'vitest';

/** The fenced code blocks of one language in a Markdown text. */
export function codeBlocks(markdown: string, language: string): string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms');
  return [...markdown.matchAll(fence)].map(match => match[1]!);
}

/** tfjs greets with an advertisement for tfjs-node. */
const GREETING = /=+\nHi, looks like[\s\S]*?=+\n/;

/**
 * Runs a program in a child process on the built package, as a reader would: 'frac-connections' is this package by its own name. It
 * must print something, and nothing to stderr.
 *
 * @param cwd a folder in this repository
 */
export function expectToRun(code: string, cwd: string): void {
  const args = ['--input-type=module', '-e', code];
  const { status, stderr, stdout } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' });
  expect(stderr.replace(GREETING, '').trim()).toBe('');
  expect(status).toBe(0);
  expect(stdout).not.toBe('');
}
