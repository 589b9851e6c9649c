import { createRequire } from 'node:module';
import path from 'node:path';
import root from '../common/root.cjs';

/** This package's version. */
export function packageVersion(): string {
  return (createRequire(import.meta.url)(path.join(root, 'package.json')) as { version: string }).version;
}
