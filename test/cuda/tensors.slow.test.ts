import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Random } from '../../lib/common/random.js';
import type { CudaDevice } from '../../lib/cuda/device.js';
import { CUDA, emulated, emulator, failure, open, thrown } from './machine.js';

/** A half-precision type by its definition: the value of each bit pattern, and the nearest of them by distance. */
class Half {
  private readonly values: number[] = [];

  constructor(
    private readonly exponentBits: number,
    private readonly fractionBits: number,
  ) {
    const bias = 2 ** (exponentBits - 1) - 1;
    for (let bits = 0; bits <= this.infinity; bits++) {
      const exponent = bits >> fractionBits;
      const fraction = (bits % 2 ** fractionBits) / 2 ** fractionBits;
      // Infinity stands where the next number would: what is at least half way to it rounds to it.
      const value = exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias);
      this.values.push(value);
    }
  }

  get infinity(): number {
    return (2 ** this.exponentBits - 1) << this.fractionBits;
  }

  round(x: number): number {
    const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
    const size = Math.min(Math.abs(x), this.values.at(-1)!);
    let low = 0;
    let high = this.values.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.values[middle]! <= size) low = middle;
      else high = middle;
    }
    const down = size - this.values[low]!;
    const up = this.values[high]! - size;
    return sign | (down < up || (down === up && low % 2 === 0) ? low : high);
  }

  value(bits: number): number {
    const size = bits & 0x7fff;
    if (size > this.infinity) return Number.NaN;
    const value = size === this.infinity ? Number.POSITIVE_INFINITY : this.values[size]!;
    return bits >= 0x8000 ? -value : value;
  }
}
const HALVES = { bfloat16: new Half(8, 7), float16: new Half(5, 10) };
const TYPES = ['bfloat16', 'float16'] as const;

describe.runIf(emulated)('tensors', () => {
  let device: CudaDevice;
  beforeEach(() => {
    device = open();
  });
  afterEach(() => {
    device.dispose();
    emulator.reset();
  });

  test('float32 values come back as they went', async () => {
    const values = Float32Array.of(1.5, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e-45, 3.4e38);
    const tensor = await device.tensor(values, [2, 3]);
    expect(tensor).toMatchObject({ shape: [2, 3], dtype: 'float32', size: 6, bytes: 24 });
    expect(await tensor.download()).toEqual(values);
  });

  test.each(TYPES)('%s: every bit pattern is read as its value', async dtype => {
    const bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const tensor = await device.tensor(bits, [65536], dtype);
    expect(await tensor.downloadBits()).toEqual(bits);
    const values = await tensor.download();
    const wrong = [...bits].filter(each => !Object.is(values[each], Math.fround(HALVES[dtype].value(each))));
    expect(wrong).toEqual([]);
    // And back: a value of the type is rounded to itself.
    await tensor.upload(values);
    const numbers = (array: Uint16Array) => array.filter((_, i) => !Number.isNaN(values[i]!));
    expect(numbers(await tensor.downloadBits())).toEqual(numbers(bits));
  });

  test.each(TYPES)('%s: values are rounded to the nearest, ties to even', async dtype => {
    const half = HALVES[dtype];
    const random = new Random(7);
    const anywhere = () => random.normal() * 2 ** (random.int(60) - 40);
    const between = Array.from({ length: 4000 }, () => {
      const bits = random.int(half.infinity);
      const middle = (half.value(bits) + half.value(bits + 1)) / 2; // exact in float32: a tie
      return [middle, middle * (1 + 2 ** -22), -middle * (1 - 2 ** -22)];
    }).flat();
    const edges = [
      65504,
      65519.99,
      65520,
      65536,
      3.39e38,
      3.4028e38,
      2 ** -24,
      2 ** -25,
      2 ** -26,
      6.1e-5,
      -0,
    ];
    const values = Float32Array.from([...Array.from({ length: 4000 }, anywhere), ...between, ...edges]);
    const tensor = await device.tensor(values, [values.length], dtype);
    const got = await tensor.downloadBits();
    const wrong = [...values.entries()]
      .filter(([, value]) => Number.isFinite(value))
      .map(([i, value]) => [value, got[i], half.round(value)])
      .filter(([, bits, want]) => bits !== want);
    expect(wrong).toEqual([]);
    await tensor.upload(values.fill(Number.NaN));
    expect([...(await tensor.download())].every(Number.isNaN)).toBe(true);
    await tensor.upload(values.fill(Number.NEGATIVE_INFINITY));
    expect(new Set(await tensor.download())).toEqual(new Set([Number.NEGATIVE_INFINITY]));
  });

  test('zeros, zero, copyFrom', async () => {
    const zeros = device.zeros([3], 'bfloat16');
    expect(await zeros.download()).toEqual(new Float32Array(3));
    const from = await device.tensor(Float32Array.of(1, 2, 3), [3], 'bfloat16');
    zeros.copyFrom(from);
    from.zero();
    expect(await zeros.download()).toEqual(Float32Array.of(1, 2, 3));
    expect(await from.download()).toEqual(new Float32Array(3));
  });

  test('of no values work like any other', async () => {
    const empty = await device.tensor(new Float32Array(0), [0, 4], 'float16');
    empty.zero();
    empty.copyFrom(device.empty([0, 4], 'float16'));
    expect(await empty.download()).toEqual(new Float32Array(0));
    expect(await empty.downloadBits()).toEqual(new Uint16Array(0));
  });

  test('an array may be changed as soon as upload has returned', async () => {
    const values = Float32Array.of(1, 2, 3);
    const tensor = device.empty([3]);
    emulator.pause(true);
    const uploaded = tensor.upload(values);
    values.fill(9);
    structuredClone(values, { transfer: [values.buffer] });
    emulator.pause(false);
    await uploaded;
    expect(await tensor.download()).toEqual(Float32Array.of(1, 2, 3));
  });

  test('waiting for values leaves JavaScript running, and they are those of their place in the stream', async () => {
    const tensor = device.zeros([2]);
    await device.synchronize();
    emulator.pause(true);
    let done = false;
    const before = tensor.download().finally(() => {
      done = true;
    });
    const uploaded = tensor.upload(Float32Array.of(1, 2));
    const after = tensor.download();
    await setTimeout(20);
    expect(done).toBe(false);
    emulator.pause(false);
    expect(await before).toEqual(Float32Array.of(0, 0));
    await uploaded;
    expect(await after).toEqual(Float32Array.of(1, 2));
  });

  test('disposed of, are refused everywhere by one error, and twice is as once', async () => {
    const tensor = device.zeros([2]);
    const other = device.zeros([2]);
    const live = emulator.live().device;
    tensor.dispose();
    tensor[Symbol.dispose]();
    expect(emulator.live().device).toBe(live - 1);
    expect(tensor.isDisposed).toBe(true);
    const errors = [
      await failure(tensor.upload(new Float32Array(2))),
      await failure(tensor.download()),
      thrown(() => tensor.zero()),
      thrown(() => tensor.copyFrom(other)),
      thrown(() => other.copyFrom(tensor)),
    ];
    expect(errors.map(error => `${error.name} ${error.code} ${error.message}`)).toEqual([
      'FracConnectionsError ERR_DISPOSED CudaTensor.upload: the tensor must not be disposed',
      'FracConnectionsError ERR_DISPOSED CudaTensor.download: the tensor must not be disposed',
      'FracConnectionsError ERR_DISPOSED CudaTensor.zero: the tensor must not be disposed',
      'FracConnectionsError ERR_DISPOSED CudaTensor.copyFrom: the tensor must not be disposed',
      'FracConnectionsError ERR_DISPOSED CudaTensor.copyFrom: from must not be disposed',
    ]);
  });

  test('disposed of while values travel, keep their memory till then', async () => {
    const tensor = await device.tensor(Float32Array.of(1, 2, 3), [3]);
    emulator.pause(true);
    const values = tensor.download();
    tensor.dispose();
    emulator.pause(false);
    expect(await values).toEqual(Float32Array.of(1, 2, 3));
    expect(emulator.live().device).toBe(0);
  });

  test('go with their device', () => {
    const tensor = device.zeros([2]);
    device.createStream();
    device.event();
    device.dispose();
    expect(emulator.live()).toMatchObject({ device: 0, streams: 0, events: 0 });
    expect(tensor.isDisposed).toBe(true);
    expect(thrown(() => tensor.zero()).code).toBe('ERR_DISPOSED');
    expect(thrown(() => device.empty([1])).message).toBe('CudaDevice.empty: the device must not be disposed');
  });

  test('that do not fit are ERR_MEMORY; nothing else is lost, and less still fits', async () => {
    emulator.configure({ memory: 4096 });
    const kept = await device.tensor(Float32Array.of(1, 2), [2]);
    const error = thrown(() => device.empty([1024], 'float32'));
    expect(error).toMatchObject({ name: 'FracConnectionsError', code: 'ERR_MEMORY' });
    expect(error.message).toBe(
      "CudaDevice.empty: no memory for [1024] float32, 4096 bytes; 3840 of the device's 4096 are free",
    );
    expect((await failure(device.tensor(new Float32Array(1024), [1024]))).code).toBe('ERR_MEMORY');
    const next = device.zeros([512]);
    expect(await next.download()).toEqual(new Float32Array(512));
    expect(await kept.download()).toEqual(Float32Array.of(1, 2));
    expect(device.memory()).toEqual({ free: 4096 - 256 - 2048, total: 4096 });
    expect(emulator.live().device).toBe(2);
  });

  test('host memory that cannot be page-locked is ERR_MEMORY, and the next copy goes well', async () => {
    const tensor = device.zeros([1 << 20]);
    emulator.fail('cudaMallocHost', CUDA.memory);
    const error = await failure(tensor.download());
    expect(error.code).toBe('ERR_MEMORY');
    expect(error.message).toContain('CudaTensor.download: cudaMallocHost(');
    expect((await tensor.download()).every(value => value === 0)).toBe(true);
  });

  test('a copy that fails to be asked for gives its host memory back', async () => {
    const tensor = device.zeros([4]);
    await tensor.download();
    const { host } = emulator.live();
    emulator.fail('cudaMemcpyAsync', CUDA.noKernel);
    expect((await failure(tensor.download())).code).toBe('ERR_CUDA');
    emulator.fail('cudaEventRecord', CUDA.noKernel);
    expect((await failure(tensor.upload(new Float32Array(4)))).code).toBe('ERR_CUDA');
    expect(await tensor.download()).toEqual(new Float32Array(4));
    expect(emulator.live().host).toBe(host);
  });
});
