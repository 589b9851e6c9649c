import { configDefaults, defineConfig } from 'vitest/config';
import { tryTensorflow } from './lib/tensorflow/load.js';

// Every test under test/ runs once a tfjs backend: the pure JavaScript one and, where set-up prepared it, TensorFlow.
const backend = (name: string) => ({
  extends: true as const,
  test: { name, env: { TEST_BACKEND: name } },
});

const tensorflow = tryTensorflow();
const reasons = 'reasons' in tensorflow ? tensorflow.reasons : [];
if (reasons.length > 0 && process.env.FRAC_CONNECTIONS_REQUIRE_TENSORFLOW === '1') {
  throw new Error(`FRAC_CONNECTIONS_REQUIRE_TENSORFLOW is 1, but:\n${reasons.join('\n')}`);
}

/** Says at the end of the run which backend was not tested, so that a green run hides nothing. */
const sayAbsent = {
  onTestRunEnd() {
    for (const reason of reasons)
      console.log(`skipped: project tensorflow (${reason}); npm run setup prepares it`);
  },
};

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: configDefaults.exclude,
    pool: 'forks',
    testTimeout: 60_000,
    setupFiles: ['test/setup.ts'],
    reporters: ['default', sayAbsent],
    projects: reasons.length > 0 ? [backend('cpu')] : [backend('cpu'), backend('tensorflow')],
  },
});
