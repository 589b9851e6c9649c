// A memory copy by several threads, the reference for ops that do little more than move memory.
import { Worker } from 'node:worker_threads';

// Each thread has arrays of its own, because V8 copies between shared arrays word by word, at half the speed.
const PART = `
  function part(size) {
    const from = new Float32Array(size).fill(1);
    const to = new Float32Array(size).fill(1);
    return () => to.set(from);
  }`;
const WORKER = `${PART}
  const { workerData: { size, signal, done } } = require('node:worker_threads');
  const copy = part(size);
  for (let turn = 1; ; turn++) {
    Atomics.wait(signal, 0, turn - 1);
    if (Atomics.load(signal, 0) < 0) break;
    copy();
    Atomics.add(done, 0, 1);
    Atomics.notify(done, 0);
  }`;
const part = new Function(`${PART}; return part;`)();

/** A copy of `size` floats by `threads` threads: `{ run(), close() }`. One run reads and writes each float once. */
export function copier(size, threads) {
  const signal = new Int32Array(new SharedArrayBuffer(4));
  const done = new Int32Array(new SharedArrayBuffer(4));
  const edge = i => Math.floor((i * size) / threads);
  for (let i = 1; i < threads; i++) {
    const workerData = { size: edge(i + 1) - edge(i), signal, done };
    new Worker(WORKER, { eval: true, workerData }).unref();
  }
  const copy = part(edge(1));
  return {
    run() {
      Atomics.store(done, 0, 0);
      Atomics.add(signal, 0, 1);
      Atomics.notify(signal, 0);
      copy();
      for (let n = Atomics.load(done, 0); n < threads - 1; n = Atomics.load(done, 0))
        Atomics.wait(done, 0, n);
    },
    close() {
      Atomics.store(signal, 0, -1);
      Atomics.notify(signal, 0);
    },
  };
}
