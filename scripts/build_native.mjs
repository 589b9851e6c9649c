#!/usr/bin/env node
// Builds the native addon: CMake through cmake-js in build/cmake, then a copy to build/Release, where the loader looks.
// The copy replaces the file atomically; a process that has loaded the old file keeps it.
//
//   node scripts/build_native.mjs [-DNAME=VALUE ...]     options of CMakeLists.txt
//   node scripts/build_native.mjs --emulated             the CUDA part on the emulated machine, for test/cuda: build/emulated
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from './common/paths.mjs';

const NAME = 'frac_connections.node';
const emulated = process.argv.includes('--emulated');
const out = join(ROOT, 'build', emulated ? 'cmake-emulated' : 'cmake');
const target = join(ROOT, 'build', emulated ? 'emulated' : 'Release', NAME);
const options = process.argv.slice(2).map(each => (each === '--emulated' ? '-DFRAC_CUDA_EMULATED=ON' : each));

function cmakeJs(...args) {
  const package_ = createRequire(join(ROOT, 'package.json')).resolve('cmake-js/package.json');
  const script = join(dirname(package_), 'bin', 'cmake-js');
  const all = [script, ...args, '--out', out, '--config', 'Release', '--log-level', 'warn'];
  const { status, error } = spawnSync(process.execPath, all, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new Error(error?.message ?? `cmake-js ${args[0]} failed`);
}

/** `-DNAME=VALUE` in the form of cmake-js. */
const forCmakeJs = option => option.replace(/^-D/, '--CD');

try {
  // Only configure applies changed options; build configures only in an empty folder.
  const toolset = process.platform === 'win32' ? ['--toolset', 'ClangCL'] : [];
  cmakeJs('configure', ...toolset, ...options.map(forCmakeJs));
  cmakeJs('build', '--parallel', String(availableParallelism()));
  const built = [join(out, 'Release', NAME), join(out, NAME)].find(file => existsSync(file));
  if (!built) throw new Error(`no ${NAME} in ${out}`);
  mkdirSync(dirname(target), { recursive: true });
  const temporary = `${target}.tmp-${process.pid}`;
  try {
    copyFileSync(built, temporary);
    renameSync(temporary, target);
  } finally {
    rmSync(temporary, { force: true });
  }
} catch (error) {
  console.error(`build_native: ${error.message}`);
  process.exitCode = 1;
}
