import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OPS, type Stem } from '../../lib/contract/ops.js';
import { resolveOptions } from '../../lib/contract/options.js';
import type { CudaDevice } from '../../lib/cuda/device.js';
import { makeRun, type Run } from '../native/kernels.js';
import { CUDA, emulated, emulator, failure, open, thrown } from './machine.js';
import { call, download, outputsOf, upload } from './ops.js';

const STEMS = Object.keys(OPS) as Stem[];

function runOf(stem: Stem): Run {
  const o = resolveOptions('test', { dim: 16, fractions: 4 });
  return makeRun(
    stem,
    o,
    6,
    true,
    { alphaPerToken: true, betaPerToken: true, readPerToken: true, state: false },
    3,
  );
}

describe.runIf(emulated)('graphs', () => {
  let device: CudaDevice;
  beforeEach(() => {
    device = open();
  });
  afterEach(() => {
    device.dispose();
    expect(emulator.live()).toMatchObject({ device: 0, streams: 0, graphs: 0 });
    emulator.reset();
  });

  test.each(STEMS)(
    '%s, captured, does nothing until launched, then just what it does without',
    async stem => {
      const run = runOf(stem);
      const given = await upload(device, run, 'bfloat16');
      const results = call(given, run);
      const want = await download(results);
      for (const each of Object.values(results)) each.zero();
      const graph = device.capture(device.stream, () => {
        call(given, run, outputsOf(stem, results));
      });
      expect((await download(results))['d.h']!.every(value => value === 0)).toBe(true);
      const other = device.createStream();
      for (const stream of [device.stream, other]) {
        for (const each of Object.values(results)) each.zero({ stream });
        graph.launch(stream);
        await stream.synchronize();
        expect(await download(results)).toEqual(want);
      }
      await given.h!.upload(new Float32Array(given.h!.size).fill(0.25));
      graph.launch();
      expect(await download(results)).toEqual(await download(call(given, run)));
    },
  );

  test('results may be allocated in a capture, in which other streams go on', async () => {
    const run = runOf('frac_width');
    const given = await upload(device, run, 'float32');
    const other = device.createStream();
    const aside = device.empty([2]);
    let results = {};
    const graph = device.capture(device.stream, () => {
      results = call(given, run);
      aside.zero({ stream: other });
    });
    expect(await aside.download({ stream: other })).toEqual(new Float32Array(2));
    graph.launch();
    expect(await download(results)).toEqual(await download(call(given, run)));
  });

  test('a graph keeps the memory that it uses, its workspace too, till it is disposed of', async () => {
    const run = runOf('frac_width');
    const given = await upload(device, run, 'float32');
    const from = await device.tensor(Float32Array.of(1, 2), [2]);
    const to = device.zeros([2]);
    const graph = device.capture(device.stream, () => {
      call(given, run);
      to.copyFrom(from);
    });
    for (const each of [from, ...Object.values(given)]) each.dispose();
    const live = emulator.live().device;
    graph.launch();
    expect(await to.download()).toEqual(Float32Array.of(1, 2));
    await device.synchronize();
    graph.dispose();
    expect(emulator.live().device).toBeLessThan(live);
    expect(thrown(() => graph.launch()).message).toBe('CudaGraph.launch: the graph must not be disposed');
  });

  test('the captured stream is the default one in a capture', async () => {
    const other = device.createStream();
    const tensor = await device.tensor(Float32Array.of(3), [1]);
    const graph = device.capture(other, () => tensor.zero());
    expect(await tensor.download()).toEqual(Float32Array.of(3));
    graph.launch();
    expect(await tensor.download()).toEqual(Float32Array.of(0));
  });

  const bad: [string, (d: CudaDevice) => void, string][] = [
    [
      'throws',
      () => {
        throw new Error('mine');
      },
      'mine',
    ],
    [
      'is asynchronous',
      async () => undefined,
      'CudaDevice.capture: work must not be asynchronous, got a Promise',
    ],
    [
      'records an event',
      d => d.stream.record(),
      'CudaStream.record: record: stream must not be captured meanwhile',
    ],
    [
      'waits for one',
      d => d.stream.wait(d.event()),
      'CudaStream.wait: wait: stream must not be captured meanwhile',
    ],
    [
      'captures the same stream',
      d => d.capture(d.stream, () => undefined),
      'CudaDevice.capture: beginCapture: stream must not be captured meanwhile',
    ],
    [
      'launches a graph on the stream',
      d => {
        const inner = d.capture(d.createStream(), () => undefined);
        inner.launch(d.stream);
      },
      'CudaGraph.launch: launch: stream must not be captured meanwhile',
    ],
  ];
  test.each(bad)('a capture whose function %s has never been', async (_, work, message) => {
    const tensor = await device.tensor(Float32Array.of(3), [1]);
    expect(
      thrown(() =>
        device.capture(device.stream, () => {
          tensor.zero();
          return work(device);
        }),
      ).message,
    ).toBe(message);
    expect(await tensor.download()).toEqual(Float32Array.of(3));
    device.capture(device.stream, () => tensor.zero()).launch();
    expect(await tensor.download()).toEqual(Float32Array.of(0));
  });

  test('in a capture values cannot be moved or waited for', async () => {
    const tensor = device.zeros([1]);
    const promises: Promise<unknown>[] = [];
    device.capture(device.stream, () => {
      promises.push(tensor.download(), tensor.upload(Float32Array.of(1)), device.synchronize());
    });
    const messages = await Promise.all(promises.map(async each => (await failure(each)).message));
    expect(messages).toEqual([
      'CudaTensor.download: download: stream must not be captured meanwhile',
      'CudaTensor.upload: upload: stream must not be captured meanwhile',
      'CudaStream.synchronize: synchronize: stream must not be captured meanwhile',
    ]);
  });

  test.each(['cudaStreamEndCapture', 'cudaGraphInstantiate', 'cudaStreamBeginCapture'])(
    'when %s fails, the stream goes on',
    async name => {
      const tensor = await device.tensor(Float32Array.of(3), [1]);
      emulator.fail(name, CUDA.invalidated);
      const error = thrown(() => device.capture(device.stream, () => tensor.zero()));
      expect(error.code).toBe('ERR_CUDA');
      expect(error.message).toMatch(
        new RegExp(`^CudaDevice.capture: ${name}\\(.*cudaErrorStreamCaptureInvalidated`),
      );
      device.capture(device.stream, () => tensor.zero()).launch();
      expect(await tensor.download()).toEqual(Float32Array.of(0));
    },
  );

  test('an op that has no memory in a capture ends it cleanly', async () => {
    const run = runOf('frac_width');
    const given = await upload(device, run, 'float32');
    const live = emulator.live().device;
    emulator.fail('cudaMalloc', CUDA.memory);
    expect(
      thrown(() =>
        device.capture(device.stream, () => {
          call(given, run);
        }),
      ).code,
    ).toBe('ERR_MEMORY');
    expect(emulator.live().device).toBe(live);
    expect(await download(call(given, run))).toHaveProperty('x');
  });

  test('a stream or device that is disposed of in a capture ends it', () => {
    const stream = device.createStream();
    expect(thrown(() => device.capture(stream, () => stream.dispose())).message).toBe(
      'CudaDevice.capture: stream must not be disposed',
    );
    const another = open();
    expect(thrown(() => another.capture(another.stream, () => another.dispose())).code).toBe('ERR_DISPOSED');
  });

  test('what is no stream or no function is refused', () => {
    expect(thrown(() => device.capture(device.stream, 3 as never)).message).toBe(
      'CudaDevice.capture: work must be a function, got 3',
    );
    expect(thrown(() => device.capture({} as never, () => undefined)).message).toBe(
      'CudaDevice.capture: stream must be a CudaStream, got an Object',
    );
  });
});
