// Contenders on one shape: started, checked, measured in turn, closed; rows without what is common to a run.
import { fileURLToPath } from 'node:url';
import { cacheBytes } from '../harness/cache.mjs';
import { startContender } from '../harness/contender.mjs';
import { interleave } from '../harness/interleave.mjs';
import { startProgram } from '../harness/program.mjs';
import { summary, UNCERTAINTY, uncertainty } from '../harness/stats.mjs';
import { countBytes } from './bytes.mjs';
import { CONTENDERS, compositionOf, hasOp, PEERS, takesThreads } from './contenders.mjs';
import { CHECKED, nameShape } from './shapes.mjs';

const SMALL = 1 << 20; // an op that moves less is timed many calls at a time, its inputs in the cache
const SMALL_SAMPLE = 3e4; // microseconds that so many calls are to take together
// PyTorch's threads spin while they wait, for the next contender's time too; and where anything else runs, tens of ms an op.
const ASLEEP = { OMP_WAIT_POLICY: 'PASSIVE' };
// The kernels' large results go past the cache; the C library's copy is to do so too, and not only where it is larger than the cache.
const PAST_CACHE = { GLIBC_TUNABLES: 'glibc.cpu.x86_non_temporal_threshold=1048576' };
const url = name => new URL(name, import.meta.url);

const startOf = python => name =>
  PEERS.includes(name)
    ? startProgram(python, [fileURLToPath(url('../peers/contender.py'))], ASLEEP)
    : startContender(url(CONTENDERS[name].module ?? 'contender.mjs'));

/** Starts contenders by name; those that cannot run here are in `absent` with the reason. */
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

/** Contenders that can run here, and of the others the reason: each is started once and closed. */
export async function findContenders(names, { threads }) {
  const { present, absent } = await openContenders(names, threads);
  await Promise.all(Object.values(present).map(each => each.close()));
  return { names: Object.keys(present), absent };
}

/**
 * Measures ops on a shape; a list of { op, pass, path, us, spread, samples, loops, gbps, percentOfCopy, ... }. `start` makes a
 * contender's process of its name; `takesPart(name, op)` tells who is measured.
 */
export async function measureShape(given) {
  const { shape, passes, threads, loop, budget, most, tell } = given;
  const { start = startOf(given.python), takesPart = () => true } = given;
  const has = (name, op) => hasOp(name, op) && takesPart(name, op);
  const ops = given.ops.filter(op => given.names.some(name => has(name, op)));
  const names = given.names.filter(name => ops.some(op => has(name, op)));
  const { present, absent } = await openContenders(names, threads, start);
  const copy = startContender(url('copy_contender.mjs'), PAST_CACHE);
  const rows = [];
  try {
    for (const [name, reason] of Object.entries(absent))
      throw new Error(`${name} could be started before: ${reason}`);
    // The copy moves what a state and a layer's input take together.
    const floats = shape.tokens * shape.dim * (shape.streams + 1);
    await copy.ask('prepare', { floats, threads });
    for (const name of Object.keys(present)) {
      // Compared with the composition on few tokens where that is too slow to be measured.
      const slow = compositionOf(name) !== undefined && !takesPart(compositionOf(name), 'connection');
      const mine = ops.filter(op => has(name, op));
      await present[name].ask('prepare', { shape, ops: mine, ...(slow && { checked: CHECKED }) });
    }
    for (const op of ops) {
      for (const ask of asked(passes)) {
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

/** The copy of a contender whose memory is not the host's. */
const ownCopy = name => `${name}'s copy`;

/** How many calls make a sample of a small op, after as many that the compiler may take to see to them. */
async function callsOf(contender, ask, op) {
  await contender.ask(ask, { op, calls: 100 });
  const { both, forward = both } = await contender.ask(ask, { op, calls: 100 });
  return Math.max(10, Math.min(5000, Math.ceil(SMALL_SAMPLE / forward)));
}

/** `backward` times both it and the two together. */
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

/** Microseconds for each byte that a copy read or wrote; null where its median is too uncertain to be a measure. */
function perByte({ parts }, floats) {
  const copy = summary(parts.copy);
  return uncertainty(copy) > UNCERTAINTY ? null : copy.median / (8 * floats);
}

/**
 * Adds, from the same run: of what the composition on that backend takes, and of what a plain residual takes there. One that is
 * in the cache is no measure for one that is not.
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

/** What the ratios of rows are over; see settleRatios. */
export const OVER = {
  ofComposition: (a, b) => sameCase(a, b) && a.op === b.op && b.path === compositionOf(a.path),
  ofResidual: (a, b) => sameCase(a, b) && b.op === 'residual' && b.path === a.path,
};
