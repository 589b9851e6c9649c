// The yardstick's process: a copy of memory by as many threads as the ops have.
import { evict } from '../harness/cache.mjs';
import { copier } from '../harness/copy.mjs';

let copy;

/** Copies `floats` from now on. */
export function prepare({ floats, threads }) {
  copy?.close();
  copy = copier(floats, threads);
}

/** Microseconds of one copy; reads and writes 4 bytes a float each. */
export function sample() {
  evict();
  const start = performance.now();
  copy.run();
  return { copy: 1e3 * (performance.now() - start) };
}
