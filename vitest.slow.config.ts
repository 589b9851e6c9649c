import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';
import { noBrowser } from './test/browser/chromium.js';
import { type Absence, refuseAbsent, sayAbsent } from './test/support/absent.js';
import { findEmulated } from './test/support/emulated.js';
import { hasTensorflow, noAddon, noTensorflow } from './test/support/machine.js';

// The tests of minutes, *.slow.test.ts, which `npm run test:slow` runs: on the emulated CUDA machine (`npm run build:emulated`), in
// a browser, on other versions of Node and TensorFlow, on the last of the sizes, in many processes.

/** Tests of what depends on tfjs' backend: the slow ones, and one that `npm test` runs too, with fewer random cases. */
const ON_EACH_BACKEND = ['test/native/{faults,large,memory}.slow.test.ts', 'test/ops/properties.test.ts'];
/** Tests of TensorFlow alone. */
const TENSORFLOW = ['test/native/tensorflow*.slow.test.ts', 'test/tensorflow/node_versions.slow.test.ts'];

const project = (name: string, env: Record<string, string>, include: string[], exclude: string[] = []) => ({
  extends: true as const,
  test: {
    name,
    env: { FAST_CHECK_RUNS: '120', ...env },
    include,
    exclude,
    setupFiles: ['test/setup.ts'],
  },
});
const slow = project(
  'slow',
  { TEST_BACKEND: 'cpu' },
  ['test/**/*.slow.test.ts', ...ON_EACH_BACKEND],
  TENSORFLOW,
);
const tensorflow = project('slow tensorflow', { TEST_BACKEND: 'tensorflow', NVIDIA_TF32_OVERRIDE: '0' }, [
  ...ON_EACH_BACKEND,
  ...TENSORFLOW,
]);

const emulated = findEmulated();
const noEmulated: Absence[] =
  'file' in emulated
    ? []
    : [
        {
          what: "test/cuda and TensorFlow's GPU kernels, emulated",
          reason: emulated.reasons.join('; '),
          help: 'npm run build:emulated builds it',
          required: 'FRAC_CONNECTIONS_REQUIRE_NATIVE',
        },
      ];
const noChromium: Absence[] = noBrowser
  ? [
      {
        what: 'what runs in a browser',
        reason: noBrowser,
        help: 'install Chromium',
        required: 'FRAC_CONNECTIONS_REQUIRE_BROWSER',
      },
    ]
  : [];
const absences = [...noTensorflow, ...noAddon, ...noEmulated, ...noChromium];
refuseAbsent(absences);

export default defineConfig({
  test: {
    exclude: configDefaults.exclude,
    pool: 'forks',
    maxWorkers: availableParallelism(), // Vitest would leave a core free
    // These find what never ends. They do not time: a machine that is many times slower passes.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    reporters: ['default', sayAbsent(absences)],
    projects: [slow, ...(hasTensorflow ? [tensorflow] : [])],
  },
});
