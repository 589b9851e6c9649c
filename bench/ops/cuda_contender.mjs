// frac-connections/cuda as a contender. It has the functions of contender.mjs and also `copy`, because it uses device
// memory. tfjs is used only to check results.
import * as tf from '@tensorflow/tfjs';
import { runtimeInfo, setPath } from 'frac-connections';
import { CudaDevice, cudaInfo } from 'frac-connections/cuda';
import { makeCases } from './cases.mjs';
import { checkFixtures, expectSame, resultsHere, resultsOfComposition } from './check.mjs';
import { deviceClock } from './cuda_clock.mjs';
import { putCase, resultsOn } from './cuda_ops.mjs';
import { CHECKED } from './shapes.mjs';

const dispose = cases => tf.dispose(Object.values(cases).map(({ inputs, upstream }) => [inputs, upstream]));

/** The functions of such a process. `cuda` is { info(), open() }. */
export function cudaContender(cuda) {
  let device;
  let clock;
  const cases = {};
  let copied;

  async function open() {
    const info = cuda.info();
    if (!info.available) throw new Error(info.reason);
    device = cuda.open();
    // Without the common kernel variants the benchmark would measure the general variant instead.
    if (device.properties.remark !== undefined) throw new Error(device.properties.remark);
    clock = deviceClock(device);
    await tf.setBackend('cpu');
    const { name, computeCapability } = device.properties;
    const { driver: cudaDriver, runtime: cudaRuntime } = info;
    return { versions: { device: name, computeCapability, cudaDriver, cudaRuntime }, copies: true };
  }

  /** Checks the reference cases, and the ops on a few tokens of the shape. Frees all its device memory. */
  async function check(shape, ops) {
    const own = cuda.open();
    try {
      await checkFixtures(async each => resultsOn(await putCase(own, 'fixture', each)));
      const few = tf.tidy(() => makeCases({ ...shape, tokens: Math.min(CHECKED, shape.tokens) }, ops));
      for (const [op, each] of Object.entries(few))
        expectSame(op, await resultsOn(await putCase(own, op, each)), resultsOfComposition(each));
      dispose(few);
    } finally {
      own.dispose();
    }
  }

  /**
   * Runs the checks, then makes the tensors of a shape. Compares all tokens with the kernels of the host, if there are
   * any.
   */
  async function prepare({ shape, ops }) {
    const mine = ops.filter(op => op !== 'residual');
    await check(shape, mine);
    setPath('auto');
    const { path } = runtimeInfo();
    const made = tf.tidy(() => makeCases(shape, mine));
    const there = new Map();
    for (const [op, each] of Object.entries(made)) {
      cases[op] = await putCase(device, op, each, there);
      const found = await resultsOn(cases[op]); // this first call also allocates the results
      if (path === 'native') expectSame(`${op}, all tokens`, found, resultsHere(each));
    }
    dispose(made);
  }

  /** Microseconds of one forward call. */
  async function forward({ op, calls }) {
    const [us] = await clock.time(calls, cases[op].forward);
    return { forward: us };
  }

  /** Microseconds of the gradient op, and of both passes. */
  async function backward({ op, calls }) {
    const { forward, backward } = cases[op];
    if (calls === 1) {
      const [there, back] = await clock.time(1, forward, backward);
      return { backward: back, both: there + back };
    }
    const both = () => {
      forward();
      backward();
    };
    const [back, all] = await clock.time(calls, backward, both);
    return { backward: back, both: all };
  }

  /** Microseconds of a copy on the device, which reads and writes 4 bytes per float. */
  async function copy({ floats }) {
    if (copied?.size !== floats) {
      copied?.from.dispose();
      copied?.to.dispose();
      copied = { size: floats, from: device.zeros([floats]), to: device.empty([floats]) };
    }
    const { from, to } = copied;
    const [us] = await clock.time(1, () => to.copyFrom(from));
    return { copy: us };
  }

  return { open, prepare, forward, backward, copy };
}

export const { open, prepare, forward, backward, copy } = cudaContender({
  info: cudaInfo,
  open: () => CudaDevice.open(),
});
