// The paper's claim: what a wiring costs in a whole model, in time, memory, parameters and multiply-adds, against residual wiring.
import { startContender } from '../harness/contender.mjs';
import { interleave } from '../harness/interleave.mjs';
import { summary } from '../harness/stats.mjs';
import { CONTENDERS } from '../ops/contenders.mjs';

export const WIRINGS = [
  'residual',
  'sfc2',
  'sfc4',
  'sfc8',
  'dfc2',
  'dfc4',
  'dfc8',
  'shc2',
  'shc4',
  'dhc2',
  'dhc4',
];
/** By default; --full takes all. */
const SOME = {
  dense: ['residual', 'sfc4', 'dfc2', 'dfc4', 'dfc8', 'dhc2', 'dhc4'],
  moe: ['residual', 'dfc4', 'dhc4'],
};

const SMALL = { dim: 128, layers: 4, heads: 4, context: 128, batch: 4 };
const LARGE = { dim: 256, layers: 6, heads: 4, context: 256, batch: 8 };

/** Kinds of models with their sizes and wirings. */
export function modelsOf(full) {
  const sizes = full ? LARGE : SMALL;
  const kinds = { dense: sizes, moe: { ...sizes, experts: 8, expertsPerToken: 2, ffnDim: sizes.dim } };
  return Object.fromEntries(
    Object.entries(kinds).map(([kind, own]) => [kind, { sizes: own, wirings: full ? WIRINGS : SOME[kind] }]),
  );
}

/** 'residual', or as the command line has it: sfc4, dfc4, shc2, dhc2. */
export function parseWiring(word) {
  if (word === 'residual') return { kind: 'residual' };
  const [, dynamic, kind, rate] = /^([sd])([fh])c(\d+)$/.exec(word) ?? [];
  if (!kind) throw new Error(`a wiring must be residual, sfc4, dfc4, shc2, ..., got ${word}`);
  return { kind: kind === 'f' ? 'frac' : 'hyper', rate: Number(rate), dynamic: dynamic === 'd' };
}

/** Measures on the paths with kernels; by default on the last of them alone. */
export async function runModels({ loop, tell, full, names, threads, budget, skipped, wirings }) {
  const able = names.filter(name => CONTENDERS[name]?.of && !(name in skipped));
  const chosen = full ? able : able.slice(-1);
  const found = [];
  for (const path of chosen)
    for (const [kind, model] of Object.entries(modelsOf(full))) {
      const here = wirings ?? model.wirings;
      found.push(
        ...(await measureKind({ kind, path, ...model, wirings: here, loop, tell, threads, budget })),
      );
    }
  return found;
}

async function measureKind({ kind, path, sizes, wirings, loop, tell, threads, budget }) {
  const children = {};
  const about = {};
  try {
    for (const wiring of wirings) {
      tell(`models: ${kind}, ${wiring}, ${path}`);
      const child = startContender(new URL('contender.mjs', import.meta.url));
      children[wiring] = child;
      const { versions } = await child.ask('open', { name: path, threads });
      about[wiring] = { ...(await child.ask('prepare', { wiring: parseWiring(wiring), sizes })), versions };
    }
    const rows = [];
    for (const pass of ['training', 'inference']) {
      tell(`models: ${kind}, ${pass}`);
      const contenders = wirings.map(name => ({ name, sample: () => children[name].ask(pass) }));
      const taken = await interleave(contenders, loop, { budget: 4 * budget, most: 15 });
      for (const [wiring, { parts, loops }] of Object.entries(taken)) {
        const { median: us, ...rest } = summary(parts[pass]);
        const tokensPerSecond = (1e6 * sizes.batch * sizes.context) / us;
        rows.push({
          kind,
          wiring,
          pass,
          path,
          sizes,
          threads,
          ...about[wiring],
          us,
          tokensPerSecond,
          ...rest,
          loops,
        });
      }
    }
    return withRatios(rows);
  } finally {
    await Promise.all(Object.values(children).map(child => child.close()));
  }
}

/** Times and activations over those of the residual model, where it was measured; activations and memory are training's. */
export function withRatios(rows) {
  return rows.map(row => {
    const base = rows.find(({ wiring, pass }) => wiring === 'residual' && pass === row.pass);
    const trains = row.pass === 'training';
    return {
      ...row,
      peakBytes: trains ? row.peakBytes : null,
      activationBytes: trains ? row.activationBytes : null,
      ofResidual: base ? row.us / base.us : null,
      activationsOfResidual: trains && base ? row.activationBytes / base.activationBytes : null,
    };
  });
}

/** What a model's ratio of times is over; see settleRatios. Activations are counted, and need no quiet. */
export const OVER = {
  ofResidual: (a, b) =>
    b.wiring === 'residual' && a.pass === b.pass && a.kind === b.kind && a.path === b.path,
};
