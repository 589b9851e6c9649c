#!/usr/bin/env node
// Packs the checks and benchmarks of the CUDA kernels into one archive, for a machine with a GPU and without build
// tools or Node. Packing needs nvcc and CMake, but no GPU.
//
//   npm run gpu:pack [-- --program FILE] [-- -DNAME=VALUE ...]      build/gpu.tar.gz
//   on that machine:  tar xzf gpu.tar.gz && gpu/run.sh
//
// --program packs a program that is already built, for example that of the emulated machine, to test the other parts.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../common/paths.mjs';
import { casesText } from './cases.mjs';
import { metaOf } from './meta.mjs';

const BUILD = join(ROOT, 'build', 'cuda-tests');
const PROGRAM = 'frac_cuda_tests';
const MOST = 64 * 2 ** 20; // largest size of the archive in bytes

function run(program, ...args) {
  const { status, signal, error } = spawnSync(program, args, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new Error(error?.message ?? `${program} ended with ${signal ?? status}`);
}

function build(options) {
  const all = ['-DCMAKE_BUILD_TYPE=Release', '-DFRAC_TESTS=ON', '-DFRAC_CUDA=ON', ...options];
  run('cmake', '-S', ROOT, '-B', BUILD, '--log-level=WARNING', ...all);
  run('cmake', '--build', BUILD, '--target', PROGRAM, '--parallel', String(availableParallelism()));
  return join(BUILD, PROGRAM);
}

function pack(program, meta) {
  const folder = join(ROOT, 'build', 'gpu');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(program, join(folder, PROGRAM));
  const { text, count } = casesText(join(ROOT, 'test', 'fixtures'));
  writeFileSync(join(folder, 'cases.txt'), text);
  writeFileSync(join(folder, 'meta.json'), `${JSON.stringify(meta, null, 2)}\n`);
  for (const name of ['run.sh', 'join.py']) cpSync(join(ROOT, 'scripts', 'gpu', name), join(folder, name));
  const filter = path => !path.includes('__pycache__');
  cpSync(join(ROOT, 'bench', 'peers'), join(folder, 'peers'), { recursive: true, filter });
  const archive = `${folder}.tar.gz`;
  run('tar', 'czf', archive, '-C', join(ROOT, 'build'), 'gpu');
  const { size } = statSync(archive);
  if (size > MOST) throw new Error(`${archive} must be at most ${MOST} bytes, got ${size}`);
  console.log(
    `${archive}: ${(size / 2 ** 20).toFixed(1)} MiB, ${count} reference cases, commit ${meta.commit}`,
  );
}

try {
  const defines = process.argv.slice(2).filter(each => each.startsWith('-D'));
  const args = process.argv.slice(2).filter(each => !each.startsWith('-D'));
  const { program } = parseArgs({ args, options: { program: { type: 'string' } } }).values;
  pack(program ?? build(defines), metaOf(ROOT, program ? null : BUILD));
} catch (error) {
  console.error(`gpu:pack: ${error.message}`);
  process.exitCode = 1;
}
