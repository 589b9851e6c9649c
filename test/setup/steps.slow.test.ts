import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkoutWith } from './checkout.js';
import { root } from './sandbox.js';

test('a build that fails leaves the old one', async () => {
  const folder = checkoutWith('export const one: string = 1;');
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  mkdirSync(join(folder, 'dist'));
  writeFileSync(join(folder, 'dist', 'old.js'), 'old');
  const child = spawn(process.execPath, ['scripts/build.mjs'], { cwd: folder });
  let output = '';
  child.stdout.on('data', text => {
    output += text;
  });
  const code = await new Promise(done => child.on('close', done));
  expect(code).toBe(1);
  expect(output).toContain(
    "lib/index.ts(1,14): error TS2322: Type 'number' is not assignable to type 'string'",
  );
  expect(readFileSync(join(folder, 'dist', 'old.js'), 'utf8')).toBe('old');
  expect(readdirSync(folder).filter(name => name.startsWith('dist'))).toEqual(['dist']);
});
