// The process of the reference copy: a memory copy with as many threads as the ops.
import { evict } from '../harness/cache.mjs';
import { copier } from '../harness/copy.mjs';

let copy;

/** Sets the number of floats to copy. */
export function prepare({ floats, threads }) {
  copy?.close();
  copy = copier(floats, threads);
}

/** Microseconds of one copy, which reads and writes 4 bytes per float. */
export function sample() {
  evict();
  const start = performance.now();
  copy.run();
  return { copy: 1e3 * (performance.now() - start) };
}
