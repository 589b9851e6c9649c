import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const examples = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].map(match => match[1]!);

// In a child process on the built package, as a reader would run them: 'frac-connections' is this package by its own name.
describe('the README', () => {
  it.each(examples.map((code, i) => [i + 1, code] as const))('has an example %i that runs', (_, code) => {
    const { status, stderr, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(stderr.replace(/=+\nHi, looks like[\s\S]*?=+\n/, '').trim()).toBe('');
    expect(status).toBe(0);
    expect(stdout).not.toBe('');
  });

  it('is short', () => {
    expect(examples.length).toBeGreaterThan(1);
    expect(readme.split('\n').length).toBeLessThanOrEqual(150);
  });
});
