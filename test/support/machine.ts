import { tryAddon } from '../../lib/addon/load.js';
import { gpuUnavailable } from '../../lib/paths/tensorflow/availability.js';
import { tryTensorflow } from '../../lib/tensorflow/load.js';
import type { Absence } from './absent.js';

// What this machine has, for the configurations of Vitest.

const addon = tryAddon();
const tensorflow = tryTensorflow();

export const hasAddon = 'addon' in addon;
export const hasTensorflow = 'tf' in tensorflow;

const absentOf = (found: object, rest: Omit<Absence, 'reason'>): Absence[] =>
  'reasons' in found ? [{ ...rest, reason: (found.reasons as string[]).join('; ') }] : [];

export const noAddon = absentOf(addon, {
  what: 'the native kernels',
  help: 'npm run setup builds them',
  required: 'FRAC_CONNECTIONS_REQUIRE_NATIVE',
});
export const noTensorflow = absentOf(tensorflow, {
  what: 'project tensorflow',
  help: 'npm run setup prepares it',
  required: 'FRAC_CONNECTIONS_REQUIRE_TENSORFLOW',
});

/** Why the project `tensorflow` does not run our kernels on a GPU; nothing where what it needs besides is absent too. */
function reasonForNoGpu(): string | undefined {
  if (!('tf' in tensorflow) || !('addon' in addon)) return undefined;
  const { isUsingGpuDevice } = tensorflow.tf.backend() as unknown as { isUsingGpuDevice: boolean };
  return gpuUnavailable(addon.addon.cuda) ?? (isUsingGpuDevice ? undefined : 'TensorFlow does not use it');
}
const reason = reasonForNoGpu();
export const noGpu: Absence[] = reason ? [{ what: "TensorFlow's GPU kernels", reason }] : [];
