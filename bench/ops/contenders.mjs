// The contenders by name: each is a tfjs backend and a path on it. `of` is the composition of tfjs ops on the same
// backend, for comparison. A contender without tfjs has `module`, the module of its process. `without` lists the ops
// that it does not have.
export const CONTENDERS = {
  'fallback-cpu': { backend: 'cpu', path: 'fallback' },
  'fallback-wasm': { backend: 'wasm', path: 'fallback' },
  'fallback-tensorflow': { backend: 'tensorflow', path: 'fallback' },
  native: { backend: 'cpu', path: 'native', of: 'fallback-cpu' },
  tensorflow: { backend: 'tensorflow', path: 'tensorflow', of: 'fallback-tensorflow' },
  cuda: { path: 'cuda', module: 'cuda_contender.mjs', without: ['residual'] },
};

/** Whether a contender uses the number of threads of --threads. The others use the default of their backend. */
export const takesThreads = name =>
  PEERS.includes(name) || !['fallback', 'cuda'].includes(CONTENDERS[name].path);

/** Whether a contender has an op. */
export const hasOp = (name, op) =>
  !(PEERS.includes(name) ? PEERS_WITHOUT : (CONTENDERS[name]?.without ?? [])).includes(op);

/** The composition with which a contender is compared. */
export const compositionOf = name => CONTENDERS[name]?.of;

/** The contenders among these that are paths with kernels in tfjs. */
export const withKernels = names => names.filter(name => compositionOf(name) !== undefined);

/** The equations of the paper in PyTorch (bench/peers); only with --peers. */
export const PEERS = ['torch-eager', 'torch-compile'];
const PEERS_WITHOUT = ['read', 'depth_read'];

/** The contenders for the words of --paths: a contender, a path (`fallback` means on every backend) or `all`. */
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
