import { beforeEach, describe, expect, test } from 'vitest';
import { describe as describeAll, describeCuda } from '../../lib/cli/doctor.js';
import type { CudaDevice } from '../../lib/cuda/device.js';
import { fracDepth, fracDepthGrad } from '../../lib/cuda/frac_depth.js';
import { fullInfo, infoOf, queryRemark } from '../../lib/cuda/info.js';
import { CUDA, cuda, emulated, emulator, failure, open } from './machine.js';

const values = (size: number, phase: number) =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(i + phase));

/** A depth connection and its gradients. */
async function depth(device: CudaDevice): Promise<number[]> {
  const h = await device.tensor(values(600, 0), [3, 200]);
  const y = await device.tensor(values(600, 1), [3, 200]);
  const alpha = await device.tensor(values(8, 2), [2, 4]);
  const beta = await device.tensor(values(2, 3), [2]);
  const options = { dim: 200, fractions: 2, dynamicAlpha: false, dynamicBeta: false };
  const out = fracDepth(h, y, alpha, beta, options);
  const gradients = fracDepthGrad(h, y, alpha, beta, h, options);
  const all = await Promise.all([out, ...Object.values(gradients)].map(each => each.download()));
  return all.flatMap(each => [...each]);
}

/** The same result from a common kernel variant. */
const expected = async () => {
  using device = open(0);
  return await depth(device);
};

function expectAbout(got: number[], want: number[]): void {
  expect(got).toHaveLength(want.length);
  got.forEach((value, i) => {
    expect(Math.abs(value - want[i]!)).toBeLessThan(1e-5 * (1 + Math.abs(want[i]!)));
  });
}

const remark = (index: number, error: string) =>
  `this addon has no machine code for device ${index} (Emulated device ${index}, CUDA error ${error}): ` +
  'all sizes use the general kernel variant, which is slower';
const remarkIn = (index: number) => infoOf(cuda).devices[index]!.remark;

// What a device has is asked once a process, so each test has devices of its own; the first has everything.
describe.skipIf(!emulated)('a device without machine code of common kernel variants', () => {
  beforeEach(() => {
    emulator.reset();
    emulator.configure({ devices: 20 });
  });

  const absent: [number, number, string][] = [
    [1, CUDA.noKernel, 'cudaErrorNoKernelImageForDevice: emulated'],
    [2, 98, 'cudaErrorOther: emulated'], // no such function
    [3, 200, 'cudaErrorOther: emulated'], // no valid image
    [4, 222, 'cudaErrorOther: emulated'], // PTX of another version
    [5, 400, 'cudaErrorOther: emulated'], // no valid handle
    [6, 999, 'cudaErrorOther: emulated'], // unknown
  ];
  test.each(absent)(
    'device %i uses the general variant at error %i, and reports it',
    async (index, error, why) => {
      const want = await expected();
      emulator.configure({ noCode: error });
      expect(remarkIn(index)).toBeUndefined();
      using device = open(index);
      expect(device.properties.remark).toBe(remark(index, why));
      expect(remarkIn(index)).toBe(remark(index, why));
      const got = await depth(device);
      expectAbout(got, want);
      expect(got).not.toEqual(want); // another order of summation shows that this is the general variant
      emulator.configure({ noCode: 0 });
      expect(await depth(device)).toEqual(got);
      expect(remarkIn(0)).toBeUndefined();
    },
  );

  test('without memory for the kernels an op throws ERR_MEMORY, and the next one asks again', async () => {
    using device = open(7);
    emulator.configure({ noCode: CUDA.memory });
    const error = await failure(depth(device));
    expect(error.code).toBe('ERR_MEMORY');
    expect(error.message).toMatch(
      /^fracDepth: cudaFuncGetAttributes\(.*\): cudaErrorMemoryAllocation, emulated \(.*code\.cu:\d+\)$/,
    );
    emulator.configure({ noCode: 0 });
    expect(await depth(device)).toEqual(await expected());
    expect(remarkIn(7)).toBeUndefined();
  });

  test('that cannot be asked when it is opened says that', async () => {
    emulator.configure({ noCode: CUDA.memory });
    using device = open(8);
    expect(device.properties.remark).toMatch(
      /^device 8 \(Emulated device 8\): cannot determine whether .*: cudaFuncGetAttributes.*MemoryAllocation/,
    );
    emulator.configure({ noCode: 0 });
    expect(await depth(device)).toEqual(await expected());
    expect(remarkIn(8)).toBeUndefined();
  });

  test.each([700, 710, 714, 715, 716, 717, 718, 719, 702, 709, 214, 220, 226, 721, 810, 911])(
    'error %i ends it all, and is thrown',
    async error => {
      using device = open(9);
      emulator.configure({ noCode: error });
      const { code, message } = await failure(depth(device));
      expect(code).toBe('ERR_CUDA');
      expect(message).toContain('CUDA is of no more use to this process');
      expect(remarkIn(9)).toBeUndefined();
    },
  );

  test.each([3, 35, 46, 100, 101, 600, 802, 803, 805, 900, 906])(
    'error %i is not about kernels, and is thrown',
    async error => {
      using device = open(9);
      emulator.configure({ noCode: error });
      expect(await failure(depth(device))).toMatchObject({ code: 'ERR_CUDA' });
      expect(remarkIn(9)).toBeUndefined();
    },
  );

  test('doctor asks each device that can be used, and prints what it hears', () => {
    emulator.configure({ devices: 12, noCode: CUDA.noKernel });
    const { devices } = fullInfo(cuda);
    const noCode = (index: number) => remark(index, 'cudaErrorNoKernelImageForDevice: emulated');
    expect(devices.slice(10).map(each => each.remark)).toEqual([noCode(10), noCode(11)]);
    const lines: string[] = [];
    describeCuda({ ...infoOf(cuda), devices: devices.slice(11) }, (_, text) => lines.push(text));
    expect(lines.slice(1)).toEqual([expect.stringMatching(/^device 11: Emulated device 11/), noCode(11)]);
    const remarks = ['on the GPU, ops take its stream', noCode(11)];
    const text = describeAll({
      verdict: { backend: 'tensorflow', path: 'native', runs: 'kernels', faster: null },
      version: '1.0.0',
      folder: null,
      system: '',
      processor: '',
      environment: {},
      prepared: { reason: 'a test' },
      node: process.version,
      platform: process.platform,
      cores: 1,
      memoryGb: 1,
      packages: {},
      tensorflow: { found: false, reasons: [], type: [] },
      native: { available: false, reasons: [] },
      cuda: { ...infoOf(cuda), devices: devices.slice(11) },
      backends: [{ backend: 'tensorflow', path: 'native', requested: 'auto', notTaken: [], remarks }],
    });
    expect(text.split('\n').filter(line => line.trim() === noCode(11))).toHaveLength(1);
    expect(text).toContain(remarks[0]);
  });

  test('that cannot be used is not asked', () => {
    emulator.configure({ noCode: CUDA.noKernel });
    expect(queryRemark(cuda, { ...infoOf(cuda).devices[12]!, unsupported: 'too old' })).toEqual({});
    expect(remarkIn(12)).toBeUndefined();
  });
});
