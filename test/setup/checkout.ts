import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, temporaryFolder } from './sandbox.js';

const FILES = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.esm.json',
  'tsconfig.cjs.json',
];

/** A checkout whose library is one source file. */
export function checkoutWith(source: string): string {
  const folder = join(temporaryFolder(), 'checkout');
  for (const name of [...FILES, 'scripts']) cpSync(join(root, name), join(folder, name), { recursive: true });
  mkdirSync(join(folder, 'lib'));
  writeFileSync(join(folder, 'lib', 'index.ts'), source);
  return folder;
}
