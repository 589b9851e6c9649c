import { defineConfig } from 'vitest/config';

// The package as users install it: `npm run test:install`. Apart from vitest.config.ts, since it needs a tarball with binaries
// in it and, the first time, the registry.
export default defineConfig({
  test: {
    include: ['test/package/**/*.test.ts'],
    globalSetup: ['test/package/support/global_setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
