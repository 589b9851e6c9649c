import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codeBlocks, expectToRun } from './support/examples.js';

const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const examples = codeBlocks(readme, 'js');

describe('the README', () => {
  it.each(examples.map((code, i) => [i + 1, code] as const))('has an example %i that runs', (_, code) => {
    expectToRun(code, root);
  });

  it('is short', () => {
    expect(examples.length).toBeGreaterThan(1);
    expect(readme.split('\n').length).toBeLessThanOrEqual(150);
  });
});
