// The ways in which an op can run, by name: a tfjs backend and a path on it. `of` is the composition of tfjs ops on the same
// backend, to which a path is compared. `module` is the process of one that runs without tfjs, `without` what it does not have.
export const CONTENDERS = {
  'fallback-cpu': { backend: 'cpu', path: 'fallback' },
  'fallback-wasm': { backend: 'wasm', path: 'fallback' },
  'fallback-tensorflow': { backend: 'tensorflow', path: 'fallback' },
  native: { backend: 'cpu', path: 'native', of: 'fallback-cpu' },
  tensorflow: { backend: 'tensorflow', path: 'tensorflow', of: 'fallback-tensorflow' },
  cuda: { path: 'cuda', module: 'cuda_contender.mjs', without: ['residual'] },
};

/** Contenders whose threads are those that were asked for; the others take what their backend takes. */
export const takesThreads = name =>
  PEERS.includes(name) || !['fallback', 'cuda'].includes(CONTENDERS[name].path);

/** Whether a contender has an op. */
export const hasOp = (name, op) => !CONTENDERS[name]?.without?.includes(op);

/** The contender to whose time another's is compared. */
export const compositionOf = name => CONTENDERS[name]?.of;

/** Of these contenders the paths with kernels under tfjs. */
export const withKernels = names => names.filter(name => compositionOf(name) !== undefined);

/** PyTorch from the paper's equations, in bench/peers: only where it is asked for. */
export const PEERS = ['torch-eager', 'torch-compile'];

/** Contenders that words name: a contender, a path (`fallback` is all of them) or `all`. */
export function chooseContenders(words) {
  const names = Object.keys(CONTENDERS);
  const chosen = new Set();
  for (const word of words) {
    const found = names.filter(name => word === 'all' || name === word || CONTENDERS[name].path === word);
    if (found.length === 0)
      throw new Error(`--paths must be of all, ${[...names, 'fallback'].join(', ')}, got ${word}`);
    for (const name of found) chosen.add(name);
  }
  return names.filter(name => chosen.has(name));
}
