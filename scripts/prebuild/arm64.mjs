// Cross-compiles the addon and the native tests for Linux on arm64, in one build folder.
// (Debian: apt install g++-aarch64-linux-gnu)
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { run } from '../common/child.mjs';
import { ROOT } from '../common/paths.mjs';
import { SetupError } from '../common/terminal.mjs';
import { checkTools } from '../setup/native.mjs';
import { runLoud } from '../setup/optional.mjs';
import { headers } from './headers.mjs';

const PREFIX = 'aarch64-linux-gnu-';
const OUT = join(ROOT, 'build', 'arm64');

export const STRIP = `${PREFIX}strip`;

/** Throws unless the tools for the build are installed. */
export async function checkCrossTools() {
  await checkTools();
  const { code } = await run(`${PREFIX}g++`, ['--version']);
  if (code !== 0)
    throw new SetupError(`no ${PREFIX}g++: install it (Debian: apt install g++-aarch64-linux-gnu)`);
}

/**
 * Builds one target and returns its file.
 *
 * @param {'frac_tests' | 'frac_connections'} target the native tests, linked statically, or the addon
 */
export function buildArm64(target) {
  const machine = [
    '-DCMAKE_SYSTEM_NAME=Linux',
    '-DCMAKE_SYSTEM_PROCESSOR=aarch64',
    `-DCMAKE_CXX_COMPILER=${PREFIX}g++`,
  ];
  const options = ['-DFRAC_TESTS=ON', '-DFRAC_CUDA=OFF', `-DCMAKE_JS_INC=${headers()}`];
  // Static, because this machine has no shared libraries for arm64.
  const linker = ['-DCMAKE_EXE_LINKER_FLAGS=-static'];
  runLoud('cmake', '-S', ROOT, '-B', OUT, ...machine, ...options, ...linker, '--log-level=ERROR');
  runLoud('cmake', '--build', OUT, '--target', target, '--parallel', String(availableParallelism()));
  return join(OUT, target === 'frac_tests' ? target : `${target}.node`);
}
