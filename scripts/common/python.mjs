// Finds Python and pip. pip knows the user's package index, and Python unpacks wheels.
import { run } from './child.mjs';
import { SetupError } from './terminal.mjs';

/** The first Python 3 with pip. The environment variable PYTHON overrides the list. */
export async function findPython() {
  const candidates = process.env.PYTHON ? [process.env.PYTHON] : ['python3', 'python'];
  let without;
  for (const python of candidates) {
    const { code } = await run(python, ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))']);
    if (code !== 0) continue;
    if ((await run(python, ['-m', 'pip', '--version'])).code === 0) return python;
    without ??= python;
  }
  if (without) throw new SetupError(`${without} has no pip: install it (Debian: apt install python3-pip)`);
  throw new SetupError(
    `no Python 3 (looked for ${candidates.join(', ')}): install it (Debian: apt install python3-pip)`,
  );
}
