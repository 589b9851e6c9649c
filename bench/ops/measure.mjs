// Starts, checks, measures in turn and closes the contenders on one shape. The rows lack the fields that are common to
// a run.
import { fileURLToPath } from 'node:url';
import { cacheBytes } from '../harness/cache.mjs';
import { startContender } from '../harness/contender.mjs';
import { interleave } from '../harness/interleave.mjs';
import { startProgram } from '../harness/program.mjs';
import { summary, UNCERTAINTY, uncertainty } from '../harness/stats.mjs';
import { countBytes } from './bytes.mjs';
import { CONTENDERS, compositionOf, hasOp, PEERS, takesThreads } from './contenders.mjs';
import { CHECKED, nameShape } from './shapes.mjs';

const SMALL = 1 << 20; // bytes; an op that moves less is timed with many calls per sample and its inputs in the cache
const SMALL_SAMPLE = 3e4; // microseconds for all calls of such a sample
// Waiting threads of PyTorch would spin, also during the time of the next contender, and cost tens of ms per op if
// other programs run.
const PASSIVE_WAIT = { OMP_WAIT_POLICY: 'PASSIVE' };
// The kernels write large results with non-temporal stores. This makes the copy of the C library use them too, from 1
// MiB on.
const NON_TEMPORAL = { GLIBC_TUNABLES: 'glibc.cpu.x86_non_temporal_threshold=1048576' };
const url = name => new URL(name, import.meta.url);

const startOf = python => name =>
  PEERS.includes(name)
    ? startProgram(python, [fileURLToPath(url('../peers/contender.py'))], PASSIVE_WAIT)
    : startContender(url(CONTENDERS[name].module ?? 'contender.mjs'));

/** Starts contenders by name. `absent` has those that cannot run here, with the reason. */
export async function openContenders(names, threads, start = startOf()) {
  const present = {};
  const absent = {};
  for (const name of names) {
    const process = start(name);
    try {
      present[name] = {
        ...process,
        info: await process.ask('open', { name, threads, cacheBytes: cacheBytes() }),
      };
    } catch (error) {
      absent[name] = error.message.split('\n')[0].replace(/^(FracConnections)?Error: /, '');
      await process.close();
    }
  }
  return { present, absent };
}

/** The contenders that can run here, and for the others the reason. Starts and closes each once. */
export async function findContenders(names, { threads }) {
  const { present, absent } = await openContenders(names, threads);
  await Promise.all(Object.values(present).map(each => each.close()));
  return { names: Object.keys(present), absent };
}

/**
 * Measures ops on a shape. Returns a list of { op, pass, path, us, spread, samples, loops, gbps, percentOfCopy, ... }.
 * `start` starts the process of a contender; `takesPart(name, op)` decides whether a contender is measured. When `signal` is
 * aborted, the list ends with the measurement at hand.
 */
export async function measureShape(given) {
  const { shape, passes, threads, loop, budget, most, tell } = given;
  const { start = startOf(given.python), takesPart = () => true } = given;
  const has = (name, op) => hasOp(name, op) && takesPart(name, op);
  const ops = given.ops.filter(op => given.names.some(name => has(name, op)));
  const names = given.names.filter(name => ops.some(op => has(name, op)));
  const { present, absent } = await openContenders(names, threads, start);
  const copy = startContender(url('copy_contender.mjs'), NON_TEMPORAL);
  const rows = [];
  try {
    for (const [name, reason] of Object.entries(absent))
      throw new Error(`${name} started before, but fails now: ${reason}`);
    // The copy moves as many values as a hidden state and a layer's input have.
    const floats = shape.tokens * shape.dim * (shape.streams + 1);
    await copy.ask('prepare', { floats, threads });
    for (const name of Object.keys(present)) {
      // If the composition is too slow to be measured, the check uses few tokens.
      const slow = compositionOf(name) !== undefined && !takesPart(compositionOf(name), 'connection');
      const mine = ops.filter(op => has(name, op));
      await present[name].ask('prepare', { shape, ops: mine, ...(slow && { checked: CHECKED }) });
    }
    for (const op of ops) {
      for (const ask of asked(passes)) {
        if (given.signal?.aborted) break;
        const small = countBytes(op, ask, shape) < SMALL;
        const contenders = [];
        for (const [name, each] of Object.entries(present)) {
          if (!has(name, op)) continue;
          const calls = small ? await callsOf(each, ask, op) : 1;
          contenders.push({ name, sample: () => each.ask(ask, { op, calls }) });
          if (each.info.copies)
            contenders.push({ name: ownCopy(name), sample: () => each.ask('copy', { floats }) });
        }
        contenders.push({ name: 'copy', sample: () => copy.ask('sample') });
        tell(`${op}, ${ask}`);
        const found = await interleave(contenders, loop, { budget, most });
        rows.push(...toRows({ found, op, shape, small, floats, present, passes, threads }));
      }
    }
  } finally {
    await Promise.all([...Object.values(present), copy].map(each => each.close()));
  }
  return withRatios(rows);
}

/** The name of the copy of a contender with device memory. */
const ownCopy = name => `${name}'s copy`;

/** The number of calls per sample of a small op. Runs as many calls first as a warm-up for the JIT compiler. */
async function callsOf(contender, ask, op) {
  await contender.ask(ask, { op, calls: 100 });
  const { both, forward = both } = await contender.ask(ask, { op, calls: 100 });
  return Math.max(10, Math.min(5000, Math.ceil(SMALL_SAMPLE / forward)));
}

/** The functions to call for these passes: `backward` times both the backward pass and the two together. */
const asked = passes =>
  ['forward', 'backward'].filter(
    ask => passes.includes(ask) || (ask === 'backward' && passes.includes('both')),
  );

function toRows({ found, op, shape, small, floats, present, passes, threads }) {
  return Object.keys(present).flatMap(name => {
    const copyPerByte = perByte(found[ownCopy(name)] ?? found.copy, floats);
    return Object.entries(found[name]?.parts ?? {})
      .filter(([pass]) => passes.includes(pass))
      .map(([pass, samples]) => {
        const { median: us, spread, samples: count } = summary(samples);
        const bytes = countBytes(op, pass, shape);
        return {
          op,
          pass,
          path: name,
          shape,
          threads: takesThreads(name) ? threads : null,
          us,
          spread,
          samples: count,
          loops: found[name].loops,
          cache: small ? 'in' : 'out',
          gbps: small || bytes === 0 ? null : bytes / us / 1e3,
          percentOfCopy:
            small || bytes === 0 || copyPerByte === null ? null : (100 * bytes * copyPerByte) / us,
          versions: present[name].info.versions,
        };
      });
  });
}

/** Microseconds per byte that a copy read or wrote; null if its median is too uncertain. */
function perByte({ parts }, floats) {
  const copy = summary(parts.copy);
  return uncertainty(copy) > UNCERTAINTY ? null : copy.median / (8 * floats);
}

/**
 * Adds the ratios to the composition and to a plain residual connection, on the same backend and in the same run. A row
 * measured in the cache has no ratio to one measured outside of it.
 */
export function withRatios(rows) {
  const over = (row, op, path) => {
    const base = rows.find(other => other.op === op && other.pass === row.pass && other.path === path);
    return base === undefined || base.cache !== row.cache ? null : row.us / base.us;
  };
  return rows.map(row => ({
    ...row,
    ofComposition: over(row, row.op, compositionOf(row.path)),
    ofResidual: row.op === 'residual' ? null : over(row, 'residual', row.path),
  }));
}

const sameCase = (a, b) => a.pass === b.pass && nameShape(a.shape) === nameShape(b.shape);

/** The denominators of the ratios of rows; see settleRatios. */
export const OVER = {
  ofComposition: (a, b) => sameCase(a, b) && a.op === b.op && b.path === compositionOf(a.path),
  ofResidual: (a, b) => sameCase(a, b) && b.op === 'residual' && b.path === a.path,
};
