import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CudaDevice } from '../../lib/cuda/device.js';
import { emulated, emulator, failure, open, thrown } from './machine.js';

describe.runIf(emulated)('streams and events', () => {
  let device: CudaDevice;
  beforeEach(() => {
    device = open();
  });
  afterEach(() => {
    emulator.pause(false);
    device.dispose();
    emulator.reset();
  });

  test('a stream runs in order, and what waits for an event of another comes after it', async () => {
    const other = device.createStream();
    const a = await device.tensor(Float32Array.of(1), [1]);
    const b = device.empty([1]);
    await device.synchronize();
    emulator.pause(true);
    const uploaded = a.upload(Float32Array.of(2));
    other.wait(device.stream.record());
    b.copyFrom(a, { stream: other });
    const got = b.download({ stream: other });
    emulator.pause(false);
    expect(await got).toEqual(Float32Array.of(2));
    await uploaded;
  });

  test('synchronize resolves when the work is done, and not before', async () => {
    emulator.pause(true);
    device.zeros([1]);
    const done: string[] = [];
    const all = [
      device.stream.synchronize().then(() => done.push('stream')),
      device.synchronize().then(() => done.push('device')),
      device.stream
        .record()
        .reached()
        .then(() => done.push('event')),
    ];
    await setTimeout(20);
    expect(done).toEqual([]);
    emulator.pause(false);
    await Promise.all(all);
    expect(done.sort()).toEqual(['device', 'event', 'stream']);
  });

  test('elapsedMs is the time between two events on the device', async () => {
    const start = device.stream.record();
    await start.reached();
    await setTimeout(30);
    const end = device.stream.record(device.event());
    const elapsed = await end.elapsedMs(start);
    expect(elapsed).toBeGreaterThan(25);
    expect(await start.elapsedMs(end)).toBeCloseTo(-elapsed, 3);
    expect((await failure(end.elapsedMs(device.event()))).message).toBe(
      'CudaEvent.elapsedMs: elapsed: start must have been recorded',
    );
  });

  test('an event that was never recorded is reached', async () => {
    await device.event().reached();
    device.stream.wait(device.event());
    await device.synchronize();
  });

  test('disposed of, they are refused', async () => {
    const stream = device.createStream();
    const event = stream.record();
    stream.dispose();
    event.dispose();
    event.dispose();
    expect(emulator.live()).toMatchObject({ streams: 1 });
    const { message } = thrown(() => device.zeros([1], 'float32', { stream }));
    expect(message).toBe('CudaTensor.zero: stream must not be disposed');
    expect((await failure(stream.synchronize())).code).toBe('ERR_DISPOSED');
    expect((await failure(event.reached())).code).toBe('ERR_DISPOSED');
    expect(thrown(() => stream.record()).code).toBe('ERR_DISPOSED');
    expect(thrown(() => device.stream.record(event)).message).toBe(
      'CudaStream.record: event must not be disposed',
    );
  });

  test('of another device they are refused', async () => {
    emulator.configure({ devices: 2 });
    using other = open(1);
    expect(other.properties).toMatchObject({ index: 1, name: 'Emulated device 1' });
    const tensor = device.zeros([1]);
    const theirs = other.zeros([1]);
    const errors = [
      thrown(() => tensor.zero({ stream: other.stream })),
      thrown(() => tensor.copyFrom(theirs)),
      thrown(() => device.stream.record(other.event())),
      thrown(() => device.capture(other.stream, () => undefined)),
      await failure(device.stream.record().elapsedMs(other.stream.record())),
    ];
    expect(errors.map(each => each.message)).toEqual([
      'CudaTensor.zero: stream must belong to the same device',
      'CudaTensor.copyFrom: from must be on device 0 like the other arguments, got a tensor on device 1',
      'CudaStream.record: record: event must be of device 0, where the stream is, got one of device 1',
      'CudaDevice.capture: stream must belong to the same device',
      'CudaEvent.elapsedMs: elapsed: end must be of the device of start',
    ]);
    using again = open(0);
    expect(thrown(() => tensor.copyFrom(again.zeros([1]))).message).toBe(
      'CudaTensor.copyFrom: from must be on device 0 like the other arguments, got a tensor on device 0 of another CudaDevice.open',
    );
  });
});
