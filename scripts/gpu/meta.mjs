// The sources and compilers of a packed program.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

function output(cwd, program, ...args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(error?.message ?? `${program} ${args.join(' ')}: ${stderr.trim()}`);
  return stdout.trim();
}

/** The compilers that a build folder was configured with, from CMake's cache. */
function compilers(root, build) {
  const cache = readFileSync(join(build, 'CMakeCache.txt'), 'utf8');
  const value = name => cache.match(new RegExp(`^${name}:[A-Z]+=(.*)$`, 'm'))?.[1];
  const firstLine = text => text.split('\n')[0];
  const nvcc = output(root, value('CMAKE_CUDA_COMPILER'), '--version');
  return {
    compiler: firstLine(output(root, value('CMAKE_CXX_COMPILER'), '--version')),
    nvcc: nvcc.match(/release \S+, V(\S+)/)?.[1] ?? nvcc,
    architectures: value('FRAC_CUDA_ARCHITECTURES') ?? 'unknown',
  };
}

/** `build` is the build folder; null for a program that was built elsewhere. */
export function metaOf(root, build) {
  const changed = output(root, 'git', 'status', '--porcelain', '--untracked-files=no') !== '';
  return {
    commit: output(root, 'git', 'rev-parse', '--short', 'HEAD') + (changed ? '+changes' : ''),
    packed: new Date().toISOString().slice(0, 10),
    version: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version,
    ...(build ? compilers(root, build) : { compiler: 'unknown', nvcc: 'unknown', architectures: 'unknown' }),
  };
}
