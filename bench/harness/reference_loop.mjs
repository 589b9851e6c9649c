// A fixed amount of work on all cores. Other programs on the machine make it slower, so its time next to a measurement
// shows how much the measurement was disturbed.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

const TURNS = 4e6; // about 5 ms: longer than the time slice for which a scheduler prefers a waking thread

// Each thread works once as a warm-up, to be awake on a core of its own. Then it waits for the others and works again;
// only that is timed. Threads wait by spinning, because a sleeping thread may be woken on the core of the thread that
// wakes it.
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
    meet(arrived, (2 * i - 1) * threads); // the counter is never reset, because a thread may still read it when the next turn begins
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

/** `{ run(), close() }`: a run resolves with the time of the slowest core in milliseconds. */
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
