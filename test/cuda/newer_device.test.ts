import { afterEach, describe, expect, test } from 'vitest';
import type { CudaDevice } from '../../lib/cuda/device.js';
import { fracDepth } from '../../lib/cuda/frac_depth.js';
import { CUDA, emulated, emulator, open } from './machine.js';

const values = (size: number, phase: number) =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(i + phase));

async function depth(device: CudaDevice): Promise<Float32Array> {
  const h = await device.tensor(values(24, 0), [3, 8]);
  const y = await device.tensor(values(24, 1), [3, 8]);
  const alpha = await device.tensor(values(8, 2), [2, 4]);
  const beta = await device.tensor(values(2, 3), [2]);
  const options = { dim: 8, fractions: 2, dynamicAlpha: false, dynamicBeta: false };
  return (await fracDepth(h, y, alpha, beta, options).download()) as Float32Array;
}

describe.skipIf(!emulated)('a device newer than all machine code', () => {
  afterEach(() => emulator.reset());

  test.each([
    ['no kernel image for it', CUDA.noKernel],
    ['no such function', 98],
  ])('takes the general kind: %s', async (_, error) => {
    emulator.configure({ devices: 3 });
    using known = open(0);
    using newer = open(error === 98 ? 1 : 2); // what a device has is asked once
    const expected = await depth(known);
    emulator.fail('cudaFuncGetAttributes', error);
    const got = await depth(newer);
    expect(emulator.live().pendingFaults).toBe(0);
    got.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 5);
    });
    expect(await depth(newer)).toEqual(got);
  });
});
