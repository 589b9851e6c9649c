// Measures the cost of a wiring in a whole model, in time, memory, parameters and multiply-adds, compared with residual
// wiring.
import { startContender } from '../harness/contender.mjs';
import { interleave } from '../harness/interleave.mjs';
import { keyOf } from '../harness/rows.mjs';
import { summary } from '../harness/stats.mjs';
import { withKernels } from '../ops/contenders.mjs';
import { modelsOf, parseWiring, WIRINGS } from './models.mjs';

/**
 * Measures on the fastest path that works, or on the given paths. Calls `emit` with the results of each kind of model.
 */
export async function runModels(given) {
  const { names, named, full, wirings = WIRINGS, model } = given;
  const able = withKernels(names);
  for (const path of named ? able : able.slice(-1))
    for (const [kind, sizes] of Object.entries(modelsOf(full, model))) {
      if (given.signal.aborted) return;
      given.emit(await measureKind({ ...given, kind, path, sizes, wirings }));
    }
}

async function measureKind({ kind, path, sizes, wirings, loop, signal, tell, threads, budget }) {
  const children = {};
  const about = {};
  try {
    for (const wiring of wirings) {
      if (signal.aborted) return [];
      tell(`models: ${kind}, ${wiring}, ${path}`);
      const child = startContender(new URL('contender.mjs', import.meta.url));
      children[wiring] = child;
      const { versions } = await child.ask('open', { name: path, threads });
      about[wiring] = { ...(await child.ask('prepare', { wiring: parseWiring(wiring), sizes })), versions };
    }
    const rows = [];
    for (const pass of ['training', 'inference']) {
      if (signal.aborted) break;
      tell(`models: ${kind}, ${pass}`);
      const contenders = wirings.map(name => ({ name, sample: () => children[name].ask(pass) }));
      const taken = await interleave(contenders, loop, { budget: 4 * budget });
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

/**
 * Adds the ratios to the residual model, if it was measured, of times and activations. Activations and memory are those
 * of training.
 */
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

/**
 * The denominators of the ratios of times; see settleRatios. Activations are counted, and so do not depend on noise.
 */
export const OVER = {
  ofResidual: (a, b) => keyOf(b) === keyOf({ ...a, wiring: 'residual' }),
};
