// The ways in which an op can run, by name: a tfjs backend and a path on it. `of` is the composition of tfjs ops on the same
// backend, to which a path is compared.
export const CONTENDERS = {
  'fallback-cpu': { backend: 'cpu', path: 'fallback' },
  'fallback-wasm': { backend: 'wasm', path: 'fallback' },
  'fallback-tensorflow': { backend: 'tensorflow', path: 'fallback' },
  native: { backend: 'cpu', path: 'native', of: 'fallback-cpu' },
  tensorflow: { backend: 'tensorflow', path: 'tensorflow', of: 'fallback-tensorflow' },
};

/** Contenders whose threads are those that were asked for; the others take what their backend takes. */
export const takesThreads = name => PEERS.includes(name) || CONTENDERS[name].path !== 'fallback';

/** The contender to whose time another's is compared. */
export const compositionOf = name => CONTENDERS[name]?.of;

/** PyTorch from the paper's equations, in bench/peers: only where it is asked for. */
export const PEERS = ['torch-eager', 'torch-compile'];

/** Paths that other programs time. */
export const ELSEWHERE = { cuda: 'frac-connections/cuda is timed where there is a GPU, by npm run gpu:pack' };

/** Contenders that words name: a contender, a path (`fallback` is all of them) or `all`. */
export function chooseContenders(words) {
  const names = Object.keys(CONTENDERS);
  const chosen = new Set();
  for (const word of words) {
    const found = names.filter(name => word === 'all' || name === word || CONTENDERS[name].path === word);
    if (found.length === 0 && !(word in ELSEWHERE))
      throw new Error(
        `--paths must be of all, ${[...names, 'fallback', ...Object.keys(ELSEWHERE)].join(', ')}, got ${word}`,
      );
    for (const name of found) chosen.add(name);
  }
  return names.filter(name => chosen.has(name));
}
