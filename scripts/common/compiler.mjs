// Finds a C++ compiler.
import { run } from './child.mjs';
import { SetupError } from './terminal.mjs';

/** The first C++ compiler that works. The environment variable CXX overrides the list. */
export async function findCompiler() {
  const candidates = process.env.CXX ? [process.env.CXX] : ['g++', 'c++', 'clang++'];
  for (const compiler of candidates) {
    if ((await run(compiler, ['--version'])).code === 0) return compiler;
  }
  throw new SetupError(
    `no C++ compiler (looked for ${candidates.join(', ')}): install one (Debian: apt install g++)`,
  );
}
