// A copy of memory by several threads: the yardstick for ops that do little more than move it.
import { Worker } from 'node:worker_threads';

const WORKER = `
  const { workerData: { from, to, start, end, signal, done } } = require('node:worker_threads');
  const source = new Float32Array(from).subarray(start, end);
  const target = new Float32Array(to).subarray(start, end);
  for (let turn = 1; ; turn++) {
    Atomics.wait(signal, 0, turn - 1);
    if (Atomics.load(signal, 0) < 0) break;
    target.set(source);
    Atomics.add(done, 0, 1);
    Atomics.notify(done, 0);
  }`;

/** A copy of `size` floats by `threads` threads: `{ run(), close() }`. One run reads and writes each once. */
export function copier(size, threads) {
  const from = new SharedArrayBuffer(4 * size);
  const to = new SharedArrayBuffer(4 * size);
  new Float32Array(from).fill(1);
  const signal = new Int32Array(new SharedArrayBuffer(4));
  const done = new Int32Array(new SharedArrayBuffer(4));
  const edge = i => Math.floor((i * size) / threads);
  for (let i = 1; i < threads; i++) {
    const workerData = { from, to, start: edge(i), end: edge(i + 1), signal, done };
    new Worker(WORKER, { eval: true, workerData }).unref();
  }
  const source = new Float32Array(from).subarray(0, edge(1));
  const target = new Float32Array(to).subarray(0, edge(1));
  return {
    run() {
      Atomics.store(done, 0, 0);
      Atomics.add(signal, 0, 1);
      Atomics.notify(signal, 0);
      target.set(source);
      for (let n = Atomics.load(done, 0); n < threads - 1; n = Atomics.load(done, 0))
        Atomics.wait(done, 0, n);
    },
    close() {
      Atomics.store(signal, 0, -1);
      Atomics.notify(signal, 0);
    },
  };
}
