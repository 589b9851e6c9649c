// Each op, each pass, on each path that exists here, over a grid of shapes.
import { compositionOf } from './contenders.mjs';
import { measureShape, OVER } from './measure.mjs';
import { DEFAULT, FULL, parseShape } from './shapes.mjs';

/** Values up to which compositions take part unless they are named: some are interpreted, one has one thread, all move much. */
const SLOW = {
  'fallback-cpu': { some: 2 ** 18, full: 2 ** 20 },
  'fallback-wasm': { some: 2 ** 22, full: 2 ** 24 },
  'fallback-tensorflow': { some: 2 ** 24, full: 2 ** 24 },
};

/** Measures shape by shape; each goes to `emit` when it is measured. What was left out is in `skipped` with the reason. */
export async function runOps(given) {
  const { full, shapes = full ? FULL : DEFAULT, ops, names, words, skipped, tell } = given;
  const slow = {};
  for (const word of shapes) {
    const shape = parseShape(word);
    const takesPart = (name, op) => words.includes(name) || !isSlow(name, op, shape, full);
    for (const name of names)
      for (const op of ops.filter(op => !takesPart(name, op))) {
        const what = op === 'residual' && compositionOf(name) ? `residual on ${name}` : name;
        slow[what] ??= new Set();
        slow[what].add(word);
      }
    const rows = await measureShape({
      ...given,
      shape,
      takesPart,
      tell: what => tell(`${word}: ${what}`),
    });
    given.emit(rows, OVER);
  }
  for (const [what, where] of Object.entries(slow))
    skipped[what] = `slow on ${[...where].join(', ')}; runs there where --paths names it`;
}

/** A residual is the backend's own ops on each path, and as slow as a composition there. */
export function isSlow(name, op, { tokens, dim, streams }, full) {
  const residual = op === 'residual';
  const limits = SLOW[residual ? (compositionOf(name) ?? name) : name];
  return tokens * dim * (residual ? 1 : streams) > limits?.[full ? 'full' : 'some'];
}
