import { defineConfig } from 'vitest/config';
import type { TestModule } from 'vitest/node';

/** Says at the end of the run what was not tested, so that a green run hides nothing. */
const saySkipped = {
  onTestRunEnd(modules: readonly TestModule[]) {
    const tests = modules.flatMap(each => [...each.children.allTests('skipped')]);
    const why = tests.map(test => {
      const result = test.result();
      return result.state === 'skipped' && result.note ? result.note : test.fullName;
    });
    for (const each of new Set(why)) console.log(`skipped: ${each}`);
  },
};

/** The tests of `npm run test:platforms`, which sets the variable. */
const platforms = ['arm64_runtimes', 'musl', 'windows'].map(name => `test/package/${name}.test.ts`);
const exclude = process.env.FRAC_CONNECTIONS_TEST_PLATFORMS === '1' ? [] : platforms;

// The package as users install it: `npm run test:install`. Apart from vitest.config.ts, since it needs a tarball with binaries
// in it and, the first time, the registry.
export default defineConfig({
  test: {
    include: ['test/package/*.test.ts'],
    exclude,
    globalSetup: ['test/package/support/global_setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    reporters: ['default', saySkipped],
  },
});
