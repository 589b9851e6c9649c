#!/usr/bin/env node
// Counts in the kernels' machine code what a token costs on an H100: needs nvcc and a C++ compiler, and no GPU.
//
//   npm run gpu:count [-- --ops depth,depth_grad --types bfloat16 --kinds 4x4,2x1 --dims 2048,4096 --prenorm]
//   npm run gpu:count -- --addon build/Release/frac_connections.node     as it was built with CUDA; compiles no kernel
import { parseArgs } from 'node:util';
import { SetupError } from '../../common/terminal.mjs';
import { main } from '../../setup/optional.mjs';
import { build } from './build.mjs';
import { count, OPS, TYPE_NAMES } from './count.mjs';

const DEFAULTS = {
  ops: 'depth,depth_width,depth_grad,depth_width_grad',
  types: 'bfloat16,float32',
  kinds: '4x4',
  dims: '2048,4096',
};
const ABOUT =
  'Counted from the machine code for sm_90, an upper bound on speed and no measurement: clocks of one multiprocessor of an H100 ' +
  'in which the instructions of a token are issued, its shared-memory pipe is busy, and memory moves the values that an op must.';

function read(argv) {
  const option = name => ({ type: 'string', default: DEFAULTS[name] });
  const options = {
    ops: option('ops'),
    types: option('types'),
    kinds: option('kinds'),
    dims: option('dims'),
    prenorm: { type: 'boolean', default: false },
    addon: { type: 'string' },
  };
  try {
    return parseArgs({ args: argv, options }).values;
  } catch (error) {
    throw new SetupError(error.message);
  }
}

function words(text, name, known, what) {
  const all = text.split(',').filter(Boolean);
  const wrong = all.find(word => !known(word));
  if (wrong) throw new SetupError(`--${name} must be of ${what}, got ${wrong}`);
  return all;
}

/** What is to be counted, a row each. */
function wanted({ prenorm, ...options }) {
  const ops = words(options.ops, 'ops', word => OPS.includes(word), OPS.join(', '));
  const types = words(options.types, 'types', word => TYPE_NAMES.includes(word), TYPE_NAMES.join(', '));
  const kinds = words(options.kinds, 'kinds', word => /^\d+x\d+$/.test(word), 'n x m, such as 4x4').map(
    kind => kind.split('x').map(Number),
  );
  const dims = words(
    options.dims,
    'dims',
    word => Number.isInteger(Number(word)) && word > 0,
    'whole numbers',
  );
  const all = types.flatMap(type =>
    ops.flatMap(op =>
      kinds.flatMap(([n, m]) => dims.map(dim => ({ op, type, n, m, dim: Number(dim), prenorm }))),
    ),
  );
  const odd = all.find(({ m, dim }) => dim % m !== 0);
  if (odd) throw new SetupError(`--dims must be multiples of m, got ${odd.dim} with m = ${odd.m}`);
  return all;
}

function shown({ op, type, n, m, dim, prenorm }, counted) {
  const what = { op: prenorm ? `${op}, pre-norm` : op, type, 'n x m': `${n}x${m}`, dim };
  if (!counted) return { ...what, 'warps x teams': 'general kind' };
  const { warps, teams, instructions, issue, shared, memory } = counted;
  return {
    ...what,
    'warps x teams': `${warps} x ${teams}`,
    'instructions a warp': Math.round(instructions),
    issue: Math.round(issue),
    shared: Math.round(shared),
    memory: Math.round(memory),
    'memory / issue': (memory / issue).toFixed(2),
  };
}

await main('gpu:count', async () => {
  const options = read(process.argv.slice(2));
  const all = wanted(options);
  const built = await build(options.addon);
  const rows = [];
  for (const each of all) rows.push(shown(each, await count(built, each)));
  console.log(ABOUT);
  console.table(rows);
});
