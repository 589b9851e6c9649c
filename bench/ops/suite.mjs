// Each op, each pass, on each path that exists here, over a grid of shapes.
import { SLOW, SLOW_SIZE } from './contenders.mjs';
import { measureShape } from './measure.mjs';
import { DEFAULT, FULL, parseShape } from './shapes.mjs';

/** What the suite found, and what was left out with the reason. */
export async function runOps({ loop, tell, full, shapes, ops, passes, names, threads, budget, python }) {
  const words = shapes ?? (full ? FULL : DEFAULT);
  const skipped = new Map();
  const found = [];
  for (const word of words) {
    const shape = parseShape(word);
    const large = shape.tokens * shape.dim * shape.streams > SLOW_SIZE && !full;
    const out = names.filter(name => skipped.has(name) || (large && SLOW.includes(name)));
    for (const name of out)
      if (!skipped.has(name)) skipped.set(`${name} on ${word}`, 'slow on so many values; --full runs it');
    const here = names.filter(name => !out.includes(name));
    const { rows, absent } = await measureShape({
      ...{ shape, ops, passes, names: here, threads, python, loop, budget, most: full ? 31 : 15 },
      tell: what => tell(`${word}: ${what}`),
    });
    found.push(...rows);
    for (const [name, reason] of Object.entries(absent)) skipped.set(name, reason);
  }
  return { found, skipped: Object.fromEntries(skipped) };
}
