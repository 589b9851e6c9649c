// A Python that has PyTorch: the one that PYTHON names, python3, or one of the bench's own that --peers-setup makes.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../scripts/setup/child.mjs';
import { CACHE } from '../../scripts/setup/paths.mjs';
import { findPython } from '../../scripts/setup/python.mjs';

const OWN = join(CACHE, 'peers');
const own = join(OWN, 'bin', 'python');

/** Makes an environment and puts PyTorch there; gigabytes, from the package index that pip knows. */
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

/** { python } or why there is none. */
export async function findTorch() {
  const candidates = [process.env.PYTHON, ...(existsSync(own) ? [own] : []), 'python3'].filter(Boolean);
  for (const python of candidates)
    if ((await run(python, ['-c', 'import torch'])).code === 0) return { python };
  return {
    reason: `no PyTorch in ${candidates.join(', ')}; --peers-setup installs it, or PYTHON names a Python that has it`,
  };
}
