// frac-connections/cuda as a contender: answers what contender.mjs does, and `copy`, for its memory is not the host's. tfjs is
// here for the check alone.
import * as tf from '@tensorflow/tfjs';
import { runtimeInfo, setPath } from 'frac-connections';
import { CudaDevice, cudaInfo } from 'frac-connections/cuda';
import { makeCases } from './cases.mjs';
import { checkFixtures, expectSame, resultsHere, resultsOfComposition } from './check.mjs';
import { deviceClock } from './cuda_clock.mjs';
import { putCase, resultsOn } from './cuda_ops.mjs';
import { CHECKED } from './shapes.mjs';

const dispose = cases => tf.dispose(Object.values(cases).map(({ inputs, upstream }) => [inputs, upstream]));

/** The functions that such a process answers with; `cuda` is where it gets { info(), open() }. */
export function cudaContender(cuda) {
  let device;
  let clock;
  const cases = {};
  let copied;

  async function open() {
    const info = cuda.info();
    if (!info.available) throw new Error(info.reason);
    device = cuda.open();
    // Times of the general kind would be taken for those of the kernels that are measured elsewhere.
    if (device.properties.remark !== undefined) throw new Error(device.properties.remark);
    clock = deviceClock(device);
    await tf.setBackend('cpu');
    const { name, computeCapability } = device.properties;
    const { driver: cudaDriver, runtime: cudaRuntime } = info;
    return { versions: { device: name, computeCapability, cudaDriver, cudaRuntime }, copies: true };
  }

  /** The reference cases, and ops on few tokens of the shape; frees all that it put on the device. */
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

  /** Checks, then makes a shape's tensors; all tokens are compared with the host's kernels, if there are any. */
  async function prepare({ shape, ops }) {
    const mine = ops.filter(op => op !== 'residual');
    await check(shape, mine);
    setPath('auto');
    const { path } = runtimeInfo();
    const made = tf.tidy(() => makeCases(shape, mine));
    const there = new Map();
    for (const [op, each] of Object.entries(made)) {
      cases[op] = await putCase(device, op, each, there);
      const found = await resultsOn(cases[op]); // for the first time, and with that makes room for the results
      if (path === 'native') expectSame(`${op}, all tokens`, found, resultsHere(each));
    }
    dispose(made);
  }

  /** Microseconds of one call, forward. */
  async function forward({ op, calls }) {
    const [us] = await clock.time(calls, cases[op].forward);
    return { forward: us };
  }

  /** Microseconds of the gradient op, and of the two passes together. */
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

  /** Microseconds of a copy on the device; it reads and writes 4 bytes a float each. */
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
