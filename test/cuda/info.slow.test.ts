import { afterEach, describe, expect, test } from 'vitest';
import { CudaDevice } from '../../lib/cuda/device.js';
import { infoOf } from '../../lib/cuda/info.js';
import { cuda, emulated, emulator, open, thrown } from './machine.js';

describe('cudaInfo of an addon without CUDA', () => {
  test('tells it, and a device cannot be opened', () => {
    const reason = 'the native addon was built without CUDA';
    expect(infoOf(undefined)).toEqual({ available: false, code: 'build', reason, devices: [] });
    expect(thrown(() => CudaDevice.openWith(undefined))).toMatchObject({
      name: 'FracConnectionsError',
      code: 'ERR_CUDA',
      message: `CudaDevice.open: ${reason}`,
    });
  });
});

describe.runIf(emulated)('cudaInfo', () => {
  afterEach(() => emulator.reset());

  test('lists devices', () => {
    emulator.configure({ devices: 2, capability: 120, memory: 3 << 20, driver: 13010 });
    const device = (index: number) => ({
      ...{ index, name: `Emulated device ${index}`, computeCapability: '12.0' },
      ...{ memory: 3 << 20, multiprocessors: 2 },
    });
    expect(infoOf(cuda)).toEqual({
      ...{ available: true, driver: '13.1', runtime: '13.0' },
      devices: [device(0), device(1)],
    });
    using second = open(1);
    expect(second.properties).toEqual(device(1));
    expect(second.memory()).toEqual({ free: 3 << 20, total: 3 << 20 });
  });

  const old = 'compute capability 6.1, and the kernels need 7.5 or newer';
  test.each([
    [{ driver: 0 }, 'driver', 'there is no NVIDIA driver: install driver 580 or newer'],
    [
      { driver: 12080 },
      'driver-version',
      'the NVIDIA driver supports CUDA 12.8, and this addon was built with 13.0: install driver 580 or newer',
    ],
    [{ devices: 0 }, 'device', expect.stringContaining('the NVIDIA driver finds no device')],
    [{ capability: 61 }, 'capability', `device 0, Emulated device 0: ${old}`],
  ])('%j: %s', (settings, code, reason) => {
    emulator.configure(settings);
    expect(infoOf(cuda)).toMatchObject({ available: false, code, reason, runtime: '13.0' });
    const error = thrown(() => open());
    expect(error.code).toBe('ERR_CUDA');
    const info = infoOf(cuda);
    expect(error.message).toBe(`CudaDevice.open: ${info.available ? '' : info.reason}`);
  });

  test('an error it does not know is told as CUDA tells it', () => {
    emulator.fail('cudaGetDeviceCount', 999);
    expect(infoOf(cuda)).toMatchObject({
      ...{ available: false, code: 'error', devices: [] },
      reason: expect.stringContaining('cudaGetDeviceCount'),
    });
  });

  test('of several devices, those that are too old are told, and cannot be opened', () => {
    const raw = cuda.info();
    const [device] = raw.devices!;
    const both = {
      ...cuda,
      info: () => ({ ...raw, devices: [device!, { ...device!, index: 1, major: 6 }] }),
    };
    expect(infoOf(both as typeof cuda)).toMatchObject({
      available: true,
      devices: [{ index: 0 }, { index: 1, unsupported: expect.stringContaining('compute capability 6.0') }],
    });
    expect(thrown(() => CudaDevice.openWith(both as typeof cuda, 1)).message).toBe(
      'CudaDevice.open: device 1, Emulated device 0: compute capability 6.0, and the kernels need 7.5 or newer',
    );
  });
});
