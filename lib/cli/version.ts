import { createRequire } from 'node:module';
import path from 'node:path';
import { packageRoot } from '../common/root.js';

/** This package's version. */
export function packageVersion(): string {
  return (createRequire(import.meta.url)(path.join(packageRoot(), 'package.json')) as { version: string })
    .version;
}
