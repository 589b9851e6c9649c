// Finds a Python with PyTorch: that of the environment variable PYTHON, python3, or the environment that --peers-setup
// makes.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../scripts/common/child.mjs';
import { CACHE } from '../../scripts/common/paths.mjs';
import { findPython } from '../../scripts/common/python.mjs';

const OWN = join(CACHE, 'peers');
const own = join(OWN, 'bin', 'python');

/** Makes a Python environment with PyTorch. Downloads gigabytes from the package index of pip. */
export async function setUpPeers(tell) {
  const python = await findPython();
  for (const [program, ...args] of [
    [python, '-m', 'venv', OWN],
    [own, '-m', 'pip', 'install', '--quiet', 'torch', 'numpy'],
  ]) {
    tell(`peers: ${[program, ...args].join(' ')}`);
    const { code, stderr, error } = await run(program, args);
    if (code !== 0) throw new Error(`--peers-setup: ${error?.message ?? stderr.trim()}`);
  }
}

/** { python }, or { reason } if there is none. */
export async function findTorch() {
  const candidates = [process.env.PYTHON, ...(existsSync(own) ? [own] : []), 'python3'].filter(Boolean);
  for (const python of candidates)
    if ((await run(python, ['-c', 'import torch'])).code === 0) return { python };
  return {
    reason: `no PyTorch in ${candidates.join(', ')}; run with --peers-setup, or set PYTHON to a Python with PyTorch`,
  };
}
