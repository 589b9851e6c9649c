import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CudaDevice } from '../../lib/cuda/device.js';
import { fracDepth, fracDepthGrad } from '../../lib/cuda/frac_depth.js';
import { fracDepthWidth } from '../../lib/cuda/frac_depth_width.js';
import { fracWidth, fracWidthGrad } from '../../lib/cuda/frac_width.js';
import type { CudaWeights } from '../../lib/cuda/op.js';
import type { CudaTensor } from '../../lib/cuda/tensor.js';
import { CUDA, cuda, emulated, emulator, failure, open, thrown } from './machine.js';

/** Things of one static connection: T 3, n 2, m 2, dim 8. */
interface Things {
  device: CudaDevice;
  h: CudaTensor;
  y: CudaTensor;
  x: CudaTensor;
  alpha: CudaTensor;
  beta: CudaTensor;
  w: CudaWeights;
  gone: CudaTensor;
  half: CudaTensor;
}
const o = { dim: 8, fractions: 2, dynamicAlpha: false, dynamicBeta: false };

function things(device: CudaDevice): Things {
  const alpha = device.zeros([2, 4]);
  const beta = device.zeros([2]);
  const gone = device.zeros([3, 8]);
  gone.dispose();
  return {
    ...{ device, alpha, beta, gone, w: { staticAlpha: device.zeros([2, 4]), staticBeta: device.zeros([2]) } },
    ...{ h: device.zeros([3, 8]), y: device.zeros([3, 8]), x: device.zeros([3, 8]) },
    half: device.zeros([3, 8], 'float16'),
  };
}

type Case = [code: string, message: string, call: (t: Things) => unknown];
const bad = 3 as never;

const wrong: Case[] = [
  [
    'ERR_DTYPE',
    'fracWidth: h must be a CudaTensor, got a Float32Array',
    t => fracWidth(new Float32Array(24) as never, t.w, o),
  ],
  ['ERR_DISPOSED', 'fracWidth: h must not be disposed', t => fracWidth(t.gone, t.w, o)],
  [
    'ERR_OPTION',
    'fracWidth: dim must be an integer, 1 or more, got undefined',
    t => fracWidth(t.h, t.w, {} as never),
  ],
  ['ERR_SHAPE', 'fracWidth: h must be [..., 16], got [3,8]', t => fracWidth(t.h, t.w, { ...o, dim: 16 })],
  [
    'ERR_WEIGHTS',
    'fracWidth: weights must be an object, got undefined',
    t => fracWidth(t.h, undefined as never, o),
  ],
  [
    'ERR_WEIGHTS',
    "fracWidth: weights.wAlpha is missing; a connection with dynamicAlpha true, dynamicBeta false, scale true, norm 'none' needs it",
    t => fracWidth(t.h, t.w, { ...o, dynamicAlpha: true, norm: 'none' }),
  ],
  [
    'ERR_SHAPE',
    'fracWidth: weights.staticBeta must be [2], got [2,4]',
    t => fracWidth(t.h, { ...t.w, staticBeta: t.alpha }, o),
  ],
  [
    'ERR_DTYPE',
    'fracWidth: weights.staticBeta must be float32, got float16',
    t => fracWidth(t.h, { ...t.w, staticBeta: t.half }, o),
  ],
  [
    'ERR_OPTION',
    "fracWidth: unknown option 'outputs'; the options are stream, out",
    t => fracWidth(t.h, t.w, o, { outputs: {} } as never),
  ],
  ['ERR_OPTION', 'fracWidth: options must be an object, got 3', t => fracWidth(t.h, t.w, o, bad)],
  ['ERR_OPTION', 'fracWidth: out must be an object, got 3', t => fracWidth(t.h, t.w, o, { out: bad })],
  [
    'ERR_OPTION',
    'fracWidth: out.y is not a result of this op',
    t => fracWidth(t.h, t.w, o, { out: { y: t.y } as never }),
  ],
  [
    'ERR_SHAPE',
    'fracWidth: out.x must be [3, 8], got [2,4]',
    t => fracWidth(t.h, t.w, o, { out: { x: t.alpha } }),
  ],
  [
    'ERR_DTYPE',
    'fracWidth: out.x must be float32, got float16',
    t => fracWidth(t.h, t.w, o, { out: { x: t.half } }),
  ],
  [
    'ERR_DTYPE',
    'fracWidth: stream must be a CudaStream, got 3',
    t => fracWidth(t.h, t.w, o, { stream: bad }),
  ],
  [
    'ERR_OPTION',
    'fracWidth: output x must not share memory with h',
    t => fracWidth(t.h, t.w, o, { out: { x: t.h } }),
  ],
  [
    'ERR_OPTION',
    'fracWidthGrad: upstream must be an object, got undefined',
    t => fracWidthGrad(t.h, t.w, undefined as never, o),
  ],
  [
    'ERR_DTYPE',
    'fracWidthGrad: dAlpha must be a CudaTensor, got undefined',
    t => fracWidthGrad(t.h, t.w, { dX: t.x, dBeta: t.beta } as never, o),
  ],
  [
    'ERR_WEIGHTS',
    'fracWidthGrad: out.dWeights.prenormGamma must be absent, as it is in the weights',
    t =>
      fracWidthGrad(t.h, t.w, { dX: t.x, dAlpha: t.alpha, dBeta: t.beta }, o, {
        out: { dWeights: { staticAlpha: t.alpha, staticBeta: t.beta, prenormGamma: t.device.zeros([8]) } },
      }),
  ],
  ['ERR_DTYPE', 'fracDepth: y must be float32, got float16', t => fracDepth(t.h, t.half, t.alpha, t.beta, o)],
  [
    'ERR_SHAPE',
    'fracDepth: alpha must be [2, 4] or [3, 2, 4], got [2]',
    t => fracDepth(t.h, t.y, t.beta, t.beta, o),
  ],
  [
    'ERR_SHAPE',
    'fracDepth: beta must be [2] or [3, 2], got [2,4]',
    t => fracDepth(t.h, t.y, t.alpha, t.alpha, o),
  ],
  [
    'ERR_DISPOSED',
    'fracDepthGrad: dOut must not be disposed',
    t => fracDepthGrad(t.h, t.y, t.alpha, t.beta, t.gone, o),
  ],
  [
    'ERR_WEIGHTS',
    "fracDepthWidth: nextWeights.normGamma does not belong to a connection with dynamicAlpha false, dynamicBeta false, scale true, norm 'rms'",
    t => fracDepthWidth(t.h, t.y, t.alpha, t.beta, { ...t.w, normGamma: t.beta }, o),
  ],
  ['ERR_OPTION', 'CudaDevice.empty: shape must be an array, got 3', t => t.device.empty(bad)],
  [
    'ERR_OPTION',
    'CudaDevice.empty: shape[1] must be an integer, 0 or more, got -1',
    t => t.device.empty([2, -1]),
  ],
  [
    'ERR_OPTION',
    "CudaDevice.empty: the shape's bytes must be an integer, 0 or more, got 4e+30",
    t => t.device.empty([1e15, 1e15]),
  ],
  [
    'ERR_OPTION',
    'CudaDevice.empty: dtype must be float32, bfloat16, float16, got "int8"',
    t => t.device.empty([2], 'int8' as never),
  ],
  [
    'ERR_OPTION',
    "CudaTensor.zero: unknown option 'out'; the options are stream",
    t => t.h.zero({ out: {} } as never),
  ],
  ['ERR_DTYPE', 'CudaTensor.copyFrom: from must be float32, got float16', t => t.h.copyFrom(t.half)],
  ['ERR_SHAPE', 'CudaTensor.copyFrom: from must be [3, 8], got [2,4]', t => t.h.copyFrom(t.alpha)],
  ['ERR_OPTION', 'CudaDevice.open: index must be an integer from 0 to 0, got 1', () => open(1)],
];

const wrongLater: [string, string, (t: Things) => Promise<unknown>][] = [
  [
    'ERR_DTYPE',
    'CudaTensor.upload: values must be a Float32Array, got a Uint16Array',
    t => t.h.upload(new Uint16Array(24)),
  ],
  [
    'ERR_DTYPE',
    'CudaTensor.upload: values must be a Float32Array or a Uint16Array, got an array',
    t => t.half.upload([1, 2] as never),
  ],
  [
    'ERR_SHAPE',
    'CudaTensor.upload: values must have length 24, got 23',
    t => t.h.upload(new Float32Array(23)),
  ],
  [
    'ERR_DTYPE',
    'CudaTensor.upload: upload: values must not be on a SharedArrayBuffer: another thread could change it meanwhile',
    t => t.h.upload(new Float32Array(new SharedArrayBuffer(96))),
  ],
  [
    'ERR_SHAPE',
    'CudaDevice.tensor: values must have length 2, got 1',
    t => t.device.tensor(Float32Array.of(1), [2]),
  ],
  [
    'ERR_DTYPE',
    'CudaTensor.downloadBits: the tensor must be bfloat16 or float16, got float32',
    t => t.h.downloadBits(),
  ],
  [
    'ERR_DTYPE',
    'CudaEvent.elapsedMs: start must be a CudaEvent, got undefined',
    t => t.device.event().elapsedMs(undefined as never),
  ],
];

// What TypeScript lets through to the addon here are numbers that are no handles, or are of something else.
const direct: Case[] = [
  ['ERR_OPTION', 'zero: stream must be a handle, got undefined', () => cuda.zero(undefined as never, 1)],
  [
    'ERR_DISPOSED',
    'zero: stream must not be disposed, nor be of another thread',
    () => cuda.zero(2 ** 52, 1),
  ],
  [
    'ERR_DISPOSED',
    'zero: stream must not be disposed, nor be of another thread',
    () => cuda.zero(Number.NaN, 1),
  ],
  ['ERR_OPTION', 'zero: stream must be a stream', t => cuda.zero(t.h.handle('', ''), 1)],
  [
    'ERR_OPTION',
    'zero: buffer must be a device buffer',
    t => cuda.zero(t.device.stream.handle('', ''), t.device.stream.handle('', '')),
  ],
  [
    'ERR_OPTION',
    'zero: 2 arguments are taken, got 3',
    t =>
      cuda.zero(...([t.device.stream.handle('', ''), t.h.handle('', ''), 1] as unknown as [number, number])),
  ],
  [
    'ERR_SHAPE',
    'copy: from must have 96 bytes, got 48',
    t => cuda.copy(t.device.stream.handle('', ''), t.h.handle('', ''), t.half.handle('', '')),
  ],
  [
    'ERR_OPTION',
    'allocate: bytes must be an integer from 0 to 9007199254740992, got -1',
    () => cuda.allocate(0, -1),
  ],
  ['ERR_CUDA', 'cudaSetDevice(device): ', () => cuda.allocate(7, 16)],
  [
    'ERR_SHAPE',
    'fracDepth: y must have 96 bytes, got 48',
    t => {
      const config = [3, 2, 2, 4, 1, 0, 1e-5, 1e-5] as const;
      const [h, y, a, b] = [t.h, t.half, t.alpha, t.beta].map(each => each.handle('', '')) as [
        number,
        number,
        number,
        number,
      ];
      cuda.fracDepth(t.device.stream.handle('', ''), 0, ...config, t.x.handle('', ''), h, y, a, b);
    },
  ],
];

describe.runIf(emulated)('errors', () => {
  let device: CudaDevice;
  beforeEach(() => {
    device = open();
  });
  afterEach(() => {
    device.dispose();
    emulator.reset();
  });

  test.each([...wrong])('%s: %s', (code, message, call) => {
    const given = things(device);
    const live = emulator.live().device;
    expect(thrown(() => call(given))).toMatchObject({ name: 'FracConnectionsError', code, message });
    if (!message.includes('prenormGamma')) expect(emulator.live().device).toBe(live);
  });

  test.each(wrongLater)('%s: %s', async (code, message, call) => {
    const given = things(device);
    const live = emulator.live().device;
    expect(await failure(call(given))).toMatchObject({ name: 'FracConnectionsError', code, message });
    expect(emulator.live().device).toBe(live);
  });

  test.each(direct)('straight to the addon, %s: %s', (code, message, call) => {
    const error = thrown(() => call(things(device)));
    expect(error.code).toBe(code);
    expect(error.message.slice(0, message.length)).toBe(message);
  });

  test('an error of CUDA has its expression, name and place, and is over with that', async () => {
    const { h, w } = things(device);
    emulator.fail('cudaMemsetAsync', CUDA.noKernel);
    const error = thrown(() => h.zero());
    expect(error).toMatchObject({ name: 'FracConnectionsError', code: 'ERR_CUDA' });
    expect(error.message).toMatch(
      /^CudaTensor\.zero: cudaMemsetAsync\(.*\): cudaError\w+, .*native\/node\/cuda\/transfer\.cc:\d+\)$/,
    );
    expect(await fracWidth(h, w, o).x.download()).toEqual(new Float32Array(24));
  });

  test('an op without memory for a result or its workspace frees what it made, and works again', async () => {
    const { h, w, x, alpha, beta } = things(device);
    const upstream = { dX: x, dAlpha: alpha, dBeta: beta };
    const live = emulator.live().device;
    emulator.configure({ memory: live * 256 + 256 });
    expect(thrown(() => fracWidthGrad(h, w, upstream, o))).toMatchObject({
      code: 'ERR_MEMORY',
      message: expect.stringMatching(/^fracWidthGrad: no memory for \[2,4\] float32, 32 bytes; 0 of/),
    });
    expect(emulator.live().device).toBe(live);
    emulator.configure({ memory: live * 256 + 3 * 256 });
    const error = thrown(() => fracWidthGrad(h, w, upstream, o));
    expect(error.code).toBe('ERR_MEMORY');
    expect(error.message).toMatch(/^fracWidthGrad: cudaMalloc\(/);
    expect(emulator.live().device).toBe(live);
    emulator.configure({ memory: 1 << 20 });
    expect(await fracWidthGrad(h, w, upstream, o).dH.download()).toEqual(new Float32Array(24));
  });

  test('an error that nothing survives says so, wherever it is met, and disposing still works', async () => {
    const { h } = things(device);
    await device.synchronize();
    emulator.breakDown(CUDA.illegalAddress);
    h.zero();
    const said = 'CUDA is of no more use to this process, which must be restarted';
    const errors = [
      await failure(device.synchronize()),
      await failure(h.download()),
      thrown(() => h.zero()),
      thrown(() => device.empty([1])),
      thrown(() => device.capture(device.stream, () => undefined)),
    ];
    for (const error of errors) {
      expect(error).toMatchObject({ name: 'FracConnectionsError', code: 'ERR_CUDA' });
      expect(error.message).toContain('cudaErrorIllegalAddress');
      expect(error.message).toContain(said);
    }
    h.dispose();
    device.dispose();
  });
});
