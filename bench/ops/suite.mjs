// Each op, each pass, on each path that exists here, over a grid of shapes.
import { measureShape, OVER } from './measure.mjs';
import { DEFAULT, FULL, parseShape } from './shapes.mjs';

/** Values of the state up to which those that are interpreted, or run on one thread, take part unless they are named. */
const SLOW = {
  'fallback-cpu': { some: 2 ** 18, full: 2 ** 20 },
  'fallback-wasm': { some: 2 ** 22, full: 2 ** 24 },
};

/** Measures shape by shape; each goes to `emit` when it is measured. What was left out is in `skipped` with the reason. */
export async function runOps(given) {
  const { full, shapes = full ? FULL : DEFAULT, names, words, skipped, tell } = given;
  for (const word of shapes) {
    const shape = parseShape(word);
    const values = shape.tokens * shape.dim * shape.streams;
    const tooSlow = name => values > SLOW[name]?.[full ? 'full' : 'some'] && !words.includes(name);
    for (const name of names.filter(tooSlow))
      skipped[`${name} on ${word}`] = `slow on so many values; --paths ${name} runs it`;
    const rows = await measureShape({
      ...given,
      shape,
      names: names.filter(name => !tooSlow(name)),
      most: full ? 31 : 15,
      tell: what => tell(`${word}: ${what}`),
    });
    given.emit(rows, OVER);
  }
}
