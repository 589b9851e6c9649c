import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// `npm run test:tarball`. Without the set-up of the other tests of the package, which is for Linux.
export default defineConfig({
  root: join(import.meta.dirname, '..', '..', '..'),
  test: {
    include: ['test/package/this_machine/*.test.ts'],
    pool: 'forks',
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
