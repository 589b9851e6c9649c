import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test } from 'vitest';
import { OPS } from '../../lib/contract/ops.js';
import { path, runtimeInfo, setPath } from '../../lib/paths/runtime.js';
import { describeStream, gpuUnavailable } from '../../lib/paths/tensorflow/availability.js';
import { tryTensorflow } from '../../lib/tensorflow/load.js';
import { addon } from './addon.js';

const here = addon?.tensorflow !== undefined;
const noGpu = here ? gpuUnavailable(addon!.cuda) : undefined;

const backend = () => tf.backend() as unknown as { isUsingGpuDevice: boolean };
/** Whether TensorFlow has a GPU, asked before the tests are listed. */
const usesGpu = here && 'tf' in tryTensorflow() && backend().isUsingGpuDevice;

describe.runIf(here)("TensorFlow's GPU", () => {
  test.each(Object.values(OPS).map(op => op.kernelName))(
    'has a kernel of %s, and of its gradient, in a build with CUDA',
    name => {
      expect(path()).toBe('tensorflow'); // defines the ops
      const devices = addon!.cuda === undefined ? ['CPU'] : ['CPU', 'GPU'];
      for (const op of [name, `${name}Grad`]) expect(addon!.tensorflow!.devices(op).sort()).toEqual(devices);
      expect(addon!.tensorflow!.devices('Frac')).toEqual([]);
    },
  );

  describe.runIf(noGpu !== undefined)('where our kernels cannot run on it', () => {
    afterEach(() => {
      backend().isUsingGpuDevice = usesGpu;
    });

    test('leaves it to the fallback, and says why', () => {
      backend().isUsingGpuDevice = true;
      const { path: taken, notTaken, remarks } = runtimeInfo();
      expect(taken).toBe('fallback');
      expect(remarks).toEqual([]);
      expect(notTaken[0]).toEqual({ path: 'tensorflow', reason: `TensorFlow uses a GPU, and ${noGpu}` });
      expect(noGpu).toMatch(/built without CUDA$|no NVIDIA driver|the NVIDIA driver s|^device \d/);
      expect(() => setPath('tensorflow')).toThrow(noGpu);
    });
  });

  // The tests of every other file run on it then.
  test.runIf(usesGpu && noGpu === undefined)('runs the ops', () => {
    expect(runtimeInfo()).toMatchObject({
      path: 'tensorflow',
      remarks: [`on the GPU, ${describeStream(addon!.tensorflow!.stream())}`],
    });
  });

  test('is told of in words', () => {
    expect(describeStream({ file: 'f.so', reason: '' })).toBe(
      "ops run on TensorFlow's CUDA stream, found by f.so",
    );
    expect(describeStream({ file: 'f.so', reason: 'there is no f.so' })).toBe(
      "each op waits for the device before and after, which is slower: TensorFlow's CUDA stream is unknown (there is no f.so)",
    );
  });
});
