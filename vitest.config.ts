import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';
import { refuseAbsent, sayAbsent } from './test/support/absent.js';
import { hasAddon, hasTensorflow, noAddon, noGpu, noTensorflow } from './test/support/machine.js';

// What `npm test` runs. Tests of minutes are named *.slow.test.ts: `npm run test:all` runs them, by vitest.slow.config.ts.

/** Tests of what depends on tfjs' backend. All others run once, in project `cpu`. */
const ON_EACH_BACKEND = [
  'test/{ops,connections,layers,models}/*.test.ts',
  'test/train/{adamw,checkpoint,language_model,trainer}.test.ts',
  'test/cli/{compare,sample,train}.test.ts',
  'test/paths/*.test.ts',
  'test/tensorflow/load.test.ts',
];
/** Tests of what depends on the path that ops take, without those that go through all paths of a backend by themselves. */
const ON_THE_FALLBACK = ['test/ops/{errors,rules,state}.test.ts', 'test/{connections,paths}/*.test.ts'];
/** Tests of TensorFlow alone. */
const TENSORFLOW = 'test/native/tensorflow*.test.ts';

interface Project {
  env: Record<string, string>;
  include: string[];
  exclude?: string[];
}
const project = (name: string, { env, include, exclude = [] }: Project) => ({
  extends: true as const,
  test: { name, env, include, exclude: [...exclude, '**/*.slow.test.ts'], setupFiles: ['test/setup.ts'] },
});
const cpu = project('cpu', {
  env: { TEST_BACKEND: 'cpu' },
  include: ['test/**/*.test.ts'],
  exclude: ['test/package/**', TENSORFLOW],
});
const fallback = project('cpu fallback', {
  env: { TEST_BACKEND: 'cpu', FRAC_CONNECTIONS_PATH: 'fallback' },
  include: ON_THE_FALLBACK,
});
const tensorflow = project('tensorflow', {
  // On a GPU TensorFlow multiplies matrices in TF32, too coarse for the fallback to be an oracle, unless it is told not to.
  env: { TEST_BACKEND: 'tensorflow', NVIDIA_TF32_OVERRIDE: '0' },
  include: [...ON_EACH_BACKEND, TENSORFLOW],
});

const absences = [...noTensorflow, ...noAddon, ...noGpu];
refuseAbsent(absences);

export default defineConfig({
  test: {
    exclude: configDefaults.exclude,
    pool: 'forks',
    // Files share processes, so that tfjs and TensorFlow load once, not a hundred times: a file leaves things as it found them.
    isolate: false,
    maxWorkers: availableParallelism(), // Vitest would leave a core free
    // These find what never ends. They do not time: a machine that is many times slower passes.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    reporters: ['default', sayAbsent(absences)],
    projects: [
      cpu,
      ...(hasAddon ? [fallback] : []), // without the addon it would be `cpu` again
      ...(hasTensorflow ? [tensorflow] : []),
    ],
  },
});
