import { afterEach, expect, test } from 'vitest';
import { diagnose } from '../../lib/cli/diagnosis.js';
import { tryTensorflow } from '../../lib/tensorflow/load.js';

const found = process.env.TEST_BACKEND === 'tensorflow' ? tryTensorflow() : { reasons: ['another project'] };

afterEach(async () => {
  if ('tf' in found) await found.tf.setBackend('tensorflow'); // diagnose leaves the last that it opened
});

// No machine of ours has a GPU that TensorFlow uses, so the backend is told that it has one.
test.runIf('tf' in found)(
  'tells whether TensorFlow uses a GPU, after other backends were opened',
  async () => {
    if (!('tf' in found)) return;
    const backend = found.tf.findBackend('tensorflow') as unknown as { isUsingGpuDevice: boolean };
    const real = backend.isUsingGpuDevice;
    try {
      for (const usesGpu of [true, false]) {
        backend.isUsingGpuDevice = usesGpu;
        expect((await diagnose()).tensorflow).toMatchObject({ found: true, usesGpu });
      }
    } finally {
      backend.isUsingGpuDevice = real;
    }
  },
);
