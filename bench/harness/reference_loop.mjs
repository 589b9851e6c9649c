// A fixed piece of work on all cores at once. Whatever else runs on the machine makes it slower, so the time it takes beside a
// measurement tells how far that measurement was disturbed.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

const TURNS = 4e6; // about 5 ms: longer than a scheduler lets a waking thread go before others

// Each thread works once to be awake and on a core of its own, waits for the others, and works again: only that is timed. They
// wait by spinning, since a thread that sleeps may be woken on the core of the one that wakes it, and share it.
const WORK = `
  function work(turns) {
    let x = 1;
    for (let i = 0; i < turns; i++) x = (Math.imul(x, 1664525) + 1013904223) | 0;
    return x;
  }
  function meet(arrived, count) {
    Atomics.add(arrived, 0, 1);
    while (Atomics.load(arrived, 0) < count);
  }
  function turn(i, arrived, threads, turns) {
    work(turns);
    meet(arrived, (2 * i - 1) * threads); // the count only grows: a thread may still look at it when the next turn begins
    const start = performance.now();
    work(turns);
    meet(arrived, 2 * i * threads);
    return performance.now() - start;
  }`;
const WORKER = `${WORK}
  const { workerData: { signal, arrived, threads, turns } } = require('node:worker_threads');
  for (let i = 1; ; i++) {
    Atomics.wait(signal, 0, i - 1);
    if (Atomics.load(signal, 0) < 0) break;
    turn(i, arrived, threads, turns);
  }`;

const turn = new Function(`${WORK}; return turn;`)();

/** `{ run(), close() }`: one run takes as long as the core that finishes last; milliseconds. */
export function referenceLoop(threads = availableParallelism()) {
  const signal = new Int32Array(new SharedArrayBuffer(4));
  const arrived = new Int32Array(new SharedArrayBuffer(4));
  const workerData = { signal, arrived, threads, turns: TURNS };
  for (let i = 1; i < threads; i++) new Worker(WORKER, { eval: true, workerData }).unref();
  return {
    run() {
      const i = Atomics.add(signal, 0, 1) + 1;
      Atomics.notify(signal, 0);
      return turn(i, arrived, threads, TURNS);
    },
    close() {
      Atomics.store(signal, 0, -1);
      Atomics.notify(signal, 0);
    },
  };
}
