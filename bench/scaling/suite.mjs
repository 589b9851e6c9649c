// Measures how the time and memory of a connection grow with one size at a time. The points of a line are contenders,
// measured in turn.
import { startContender } from '../harness/contender.mjs';
import { interleave } from '../harness/interleave.mjs';
import { summary } from '../harness/stats.mjs';
import { withKernels } from '../ops/contenders.mjs';
import { CHECKED, parseShape } from '../ops/shapes.mjs';

const OP = 'connection';
export const BASE = '2048x1024:dfc4';

const powers = (from, to) => Array.from({ length: Math.log2(to / from) + 1 }, (_, i) => from * 2 ** i);

/** The points of each line: [x, shape, threads]. */
function linesOf({ threads, full }) {
  const base = parseShape(BASE);
  const point = (along, x) => [x, { ...base, [along]: x }, threads];
  const counts = [...new Set([...powers(1, 2 ** Math.floor(Math.log2(threads))), threads])];
  return {
    tokens: powers(256, full ? 32768 : 4096).map(x => point('tokens', x)),
    dim: [256, 512, 1000, 1024, 2048, ...(full ? [4096, 8192] : [])].map(x => point('dim', x)),
    fractions: [1, 2, 4, 8].map(x => point('fractions', x)),
    streams: [1, 2, 4, 8].map(x => [x, { ...base, fractions: 1, streams: x }, threads]),
    threads: counts.map(x => [x, base, x]),
  };
}

/**
 * Measures each line on the fastest path that works. With --full it uses all paths with kernels, and with --paths the
 * given ones. Calls `emit` with the results of each line.
 */
export async function runScaling(given) {
  const { names, named, full, tell } = given;
  const able = withKernels(names);
  for (const name of full || named ? able : able.slice(-1))
    for (const [along, points] of Object.entries(linesOf(given))) {
      if (given.signal.aborted) return;
      tell(`scaling: ${name}, ${along}`);
      given.emit(await measureLine({ ...given, name, along, points }));
    }
}

async function measureLine({ name, along, points, loop, signal, budget }) {
  const rows = [];
  const open = [];
  try {
    for (const [at, shape, threads] of points) {
      const child = startContender(new URL('../ops/contender.mjs', import.meta.url));
      open.push(child);
      const { versions } = await child.ask('open', { name, threads });
      await child.ask('prepare', { shape, ops: [OP], checked: CHECKED }); // the suite of ops checks whole shapes
      const keptBytes = await child.ask('kept', { op: OP });
      rows.push({ op: OP, path: name, along, at, shape, threads, keptBytes, versions });
    }
    const passes = { forward: 'forward', backward: 'both' };
    const timed = [];
    for (const [ask, pass] of Object.entries(passes)) {
      if (signal.aborted) break;
      const contenders = open.map((child, i) => ({
        name: i,
        sample: () => child.ask(ask, { op: OP, calls: 1 }),
      }));
      const taken = await interleave(contenders, loop, { budget });
      for (const [i, { parts, loops }] of Object.entries(taken)) {
        const { median: us, ...rest } = summary(parts[pass]);
        timed.push({ ...rows[i], pass, us, ...rest, loops });
      }
    }
    return timed;
  } finally {
    await Promise.all(open.map(child => child.close()));
  }
}
