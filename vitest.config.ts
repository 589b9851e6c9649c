import { configDefaults, defineConfig } from 'vitest/config';
import { tryAddon } from './lib/addon/load.js';
import { gpuUnavailable } from './lib/paths/tensorflow/availability.js';
import { tryTensorflow } from './lib/tensorflow/load.js';
import { noBrowser } from './test/browser/chromium.js';
import { findEmulated } from './test/support/emulated.js';

// Every test under test/ runs once a tfjs backend: the pure JavaScript one and, where set-up prepared it, TensorFlow. Ops
// take the fastest path there; a further project runs the ops' tests on their fallback. What runs in a browser is a project of its own.
const BROWSER = 'test/browser/*.test.ts';
const project = (name: string, env: Record<string, string>, include = ['test/**/*.test.ts']) => ({
  extends: true as const, // would add to a list of files, so the common part has none
  test: { name, env, include, exclude: [BROWSER], setupFiles: ['test/setup.ts'] },
});
const browser = { extends: true as const, test: { name: 'browser', include: [BROWSER] } };
const cpuFallback = project('cpu fallback', { TEST_BACKEND: 'cpu', FRAC_CONNECTIONS_PATH: 'fallback' }, [
  'test/ops/*.test.ts',
  'test/{connections,paths,safetensors}/*.test.ts',
  'test/*.test.ts',
]);
// On a GPU TensorFlow multiplies matrices in TF32, too coarse for the fallback to be an oracle, unless it is told not to.
const tensorflow = project('tensorflow', { TEST_BACKEND: 'tensorflow', NVIDIA_TF32_OVERRIDE: '0' });

/** The ops' tests on the instruction sets that the addon would not take by itself. */
const addon = tryAddon();
const [best, ...others] = 'addon' in addon ? addon.addon.info().targets : [];
const targets = others.map(name =>
  project(`cpu ${name}`, { TEST_BACKEND: 'cpu', FRAC_CONNECTIONS_SIMD: name }, [
    'test/ops/{reference,properties}.test.ts',
    'test/native/target.test.ts',
  ]),
);

const absent = (found: object) => ('reasons' in found ? (found.reasons as string[]) : []);
const foundTensorflow = tryTensorflow();
const noTensorflow = absent(foundTensorflow);
const noAddon = absent(addon);
const noEmulated = absent(findEmulated());

/** Why the project `tensorflow` does not run our kernels on a GPU. */
function reasonForNoGpu(): string | undefined {
  if (!('tf' in foundTensorflow) || !('addon' in addon)) return undefined; // said of these already
  const { isUsingGpuDevice } = foundTensorflow.tf.backend() as unknown as { isUsingGpuDevice: boolean };
  return gpuUnavailable(addon.addon.cuda) ?? (isUsingGpuDevice ? undefined : 'TensorFlow does not use it');
}
const noGpu = reasonForNoGpu();

for (const [variable, reasons] of [
  ['FRAC_CONNECTIONS_REQUIRE_TENSORFLOW', noTensorflow],
  ['FRAC_CONNECTIONS_REQUIRE_NATIVE', [...noAddon, ...noEmulated]],
  ['FRAC_CONNECTIONS_REQUIRE_BROWSER', noBrowser ? [noBrowser] : []],
] as const) {
  if (reasons.length > 0 && process.env[variable] === '1') {
    throw new Error(`${variable} is 1, but:\n${reasons.join('\n')}`);
  }
}

/** Says at the end of the run what was not tested, so that a green run hides nothing. */
const sayAbsent = {
  onTestRunEnd() {
    for (const reason of noTensorflow)
      console.log(`skipped: project tensorflow (${reason}); npm run setup prepares it`);
    for (const reason of noAddon)
      console.log(`skipped: the native kernels (${reason}); npm run setup builds them`);
    for (const reason of noEmulated)
      console.log(
        `skipped: test/cuda and TensorFlow's GPU kernels, emulated (${reason}); npm run build:emulated builds it`,
      );
    if (noBrowser) console.log(`skipped: what runs in a browser (${noBrowser}); install Chromium`);
    if (noGpu) console.log(`skipped: TensorFlow's GPU kernels (${noGpu})`);
  },
};

export default defineConfig({
  test: {
    exclude: [...configDefaults.exclude, 'test/package/**'], // these have a configuration of their own
    pool: 'forks',
    testTimeout: 60_000,
    reporters: ['default', sayAbsent],
    projects: [
      project('cpu', { TEST_BACKEND: 'cpu', ...(best && { FRAC_CONNECTIONS_SIMD: best }) }),
      ...targets,
      ...(noAddon.length > 0 ? [] : [cpuFallback]), // without the addon it would be `cpu` again
      ...(noTensorflow.length > 0 ? [] : [tensorflow]),
      browser,
    ],
  },
});
