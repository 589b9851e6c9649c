// Measures each op and pass on each path that works here, over a grid of shapes.
import { measureShape, OVER } from './measure.mjs';
import { DEFAULT, FULL, parseShape } from './shapes.mjs';

/**
 * The number of values up to which a composition is measured by default. Compositions are slow: some are interpreted,
 * one has one thread.
 */
const SLOW = {
  'fallback-cpu': { some: 2 ** 18, full: 2 ** 20 },
  'fallback-wasm': { some: 2 ** 22, full: 2 ** 24 },
  'fallback-tensorflow': { some: 2 ** 24, full: 2 ** 24 },
};

/**
 * Measures shape by shape and calls `emit` with the results of each, until `signal` is aborted. `skipped` has what was left out,
 * with the reason.
 */
export async function runOps(given) {
  const { full, shapes = full ? FULL : DEFAULT, ops, names, words, skipped, tell } = given;
  const slow = {};
  for (const word of shapes) {
    const shape = parseShape(word);
    const takesPart = (name, op) => words.includes(name) || !isSlow(name, op, shape, full);
    for (const name of names.filter(name => !ops.every(op => takesPart(name, op)))) {
      slow[name] ??= new Set();
      slow[name].add(word);
    }
    const rows = await measureShape({
      ...given,
      shape,
      takesPart,
      tell: what => tell(`${word}: ${what}`),
    });
    given.emit(rows, OVER);
    if (given.signal?.aborted) break;
  }
  for (const [what, where] of Object.entries(slow))
    skipped[what] = `slow on ${[...where].join(', ')}; runs there where --paths names it`;
}

/** Whether a contender is too slow for a shape. */
export function isSlow(name, op, { tokens, dim, streams }, full) {
  const limits = SLOW[name];
  return tokens * dim * (op === 'residual' ? 1 : streams) > limits?.[full ? 'full' : 'some'];
}
