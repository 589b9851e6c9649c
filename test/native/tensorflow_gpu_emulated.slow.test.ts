import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import type { CudaExports } from '../../lib/addon/cuda.js';
import type { Addon } from '../../lib/addon/exports.js';
import type { TensorflowExports } from '../../lib/addon/tensorflow.js';
import { providePath } from '../../lib/paths/paths.js';
import { runtimeInfo, setPath } from '../../lib/paths/runtime.js';
import { remarks } from '../../lib/paths/tensorflow/availability.js';
import { kernels } from '../../lib/paths/tensorflow/kernels.js';
import { findEmulated } from '../support/emulated.js';
import { readCases } from '../support/read_cases.js';
import { expectReference } from '../support/reference.js';
import { expectAsFallback, run, SIZES, setting } from './chain.js';

interface Emulated {
  tensorflow: TensorflowExports;
  cuda: CudaExports;
  emulator: {
    fail(cudaFunction: string, error: number): void;
    configure(settings: { devices?: number; noCode?: number }): void;
  };
}

const found = findEmulated();
const require = createRequire(import.meta.url);

// The GPU's kernels and all of the way to them, but on host memory and for TensorFlow's CPU device (native/tensorflow/device.h).
// This file is a process of its own, where the emulated addon comes before the real one and so defines the ops.
describe.runIf('file' in found)("TensorFlow's GPU kernels, emulated", () => {
  const load = () => require((found as { file: string }).file) as Emulated;

  test('are those that TensorFlow has, for both devices', () => {
    const { tensorflow } = load();
    expect(tensorflow.register()).toEqual({ version: expect.any(String), reasons: [] });
    providePath('tensorflow', { unavailable: () => undefined, kernels: () => kernels });
    expect(runtimeInfo().path).toBe('tensorflow');
    for (const op of ['FracWidth', 'FracDepth', 'FracDepthWidth']) {
      for (const name of [op, `${op}Grad`]) expect(tensorflow.devices(name).sort()).toEqual(['CPU', 'GPU']);
    }
  });

  test.each(readCases().map(each => [each.config.name, each] as const))(
    '%s has the reference values and gradients',
    (_, reference) => expectReference(reference),
  );

  test.each(SIZES)('compute what the fallback computes: %i streams, %i fractions', (streams, fractions) => {
    for (let j = 0; j < 3; j++) {
      const i = 37 * (20 * j + 4 * streams + fractions);
      expectAsFallback(setting(i, streams, fractions, 1 + (i % 41)));
    }
  });

  test('tell an error of CUDA, and work after it', () => {
    setPath('tensorflow');
    const each = { ...setting(19, 2, 2, 8), lead: [4] };
    load().emulator.fail('cudaDeviceSynchronize', 719);
    expect(() => run('tensorflow', each)).toThrow(
      expect.objectContaining({
        code: 'ERR_TENSORFLOW',
        message: expect.stringMatching(/^FracWidth: cudaDeviceSynchronize\(\): cudaErrorLaunchFailure/),
      }),
    );
    expectAsFallback(each);
  });

  test('a remark reports that the general variant replaces the common ones', () => {
    const addon = load();
    const backend = tf.backend() as unknown as { isUsingGpuDevice: boolean };
    const of = () => remarks(addon as unknown as Addon, 'tensorflow');
    const stream = expect.stringMatching(/^on the GPU, /);
    const { isUsingGpuDevice } = backend;
    try {
      backend.isUsingGpuDevice = true;
      expect(of()).toEqual([stream]);
      addon.emulator.configure({ devices: 2, noCode: 209 });
      const lacks = 'this addon has no machine code for device 1 (Emulated device 1, CUDA error ';
      expect(of()).toEqual([stream, expect.stringContaining(lacks)]);
      backend.isUsingGpuDevice = false;
      expect(of()).toEqual([]);
    } finally {
      backend.isUsingGpuDevice = isUsingGpuDevice;
      addon.cuda.askForCode(0); // makes it current again
      addon.emulator.configure({ devices: 1, noCode: 0 });
    }
  });

  test('leave nothing in TensorFlow: workspaces and outputs of failed calls go too', () => {
    setPath('tensorflow');
    const { emulator } = load();
    const { getNumOfTFTensors } = tf.backend() as unknown as { getNumOfTFTensors(): number };
    const each = { ...setting(31, 2, 2, 8), lead: [4] };
    const before = [tf.memory().numTensors, getNumOfTFTensors.call(tf.backend())];
    for (let i = 0; i < 20; i++) {
      run('tensorflow', each);
      emulator.fail('cudaDeviceSynchronize', 719);
      expect(() => run('tensorflow', each)).toThrow('cudaErrorLaunchFailure');
    }
    expect([tf.memory().numTensors, getNumOfTFTensors.call(tf.backend())]).toEqual(before);
  });
});
