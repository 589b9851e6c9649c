#!/usr/bin/env node
// Builds native/test with AddressSanitizer and UndefinedBehaviorSanitizer and runs it; fails on the first thing they see. Then
// the CUDA kernels on the emulated machine, with UndefinedBehaviorSanitizer alone: the other one knows no fibers.
// FRAC_CONNECTIONS_SANITIZE=thread asks for ThreadSanitizer in their place. Without CMake or a compiler it says so and is
// content, unless FRAC_CONNECTIONS_REQUIRE_NATIVE is 1.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { casesText } from './gpu/cases.mjs';
import { findCompiler } from './setup/binding.mjs';
import { checkTools } from './setup/native.mjs';
import { ROOT } from './setup/paths.mjs';
import { SetupError } from './setup/terminal.mjs';

const sanitizers = process.env.FRAC_CONNECTIONS_SANITIZE || 'address;undefined';
const out = join(ROOT, 'build', `sanitize-${sanitizers.replace(/\W/g, '-')}`);

function run(program, ...args) {
  const { status, signal, error } = spawnSync(program, args, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new SetupError(error?.message ?? `${program} ended with ${signal ?? status}`);
}

/** Whether the tools are there. */
async function ready() {
  try {
    await checkTools();
    return true;
  } catch (error) {
    if (!(error instanceof SetupError) || process.env.FRAC_CONNECTIONS_REQUIRE_NATIVE === '1') throw error;
    console.log(`skipped: the native tests under sanitizers (${error.message})`);
    return false;
  }
}

async function test() {
  const compiler = await findCompiler();
  const options = [`-DFRAC_SANITIZE=${sanitizers}`, '-DFRAC_TESTS=ON', `-DCMAKE_CXX_COMPILER=${compiler}`];
  // -O0: the kernels of three instruction sets compile in a sixth of the time, and no check is lost.
  run(
    'cmake',
    '-S',
    ROOT,
    '-B',
    out,
    '-DCMAKE_BUILD_TYPE=None',
    '-DCMAKE_CXX_FLAGS=-O0',
    ...options,
    '--log-level=ERROR',
  );
  run('cmake', '--build', out, '--parallel', String(availableParallelism()));
  run(join(out, 'frac_tests'));
}

async function testCuda() {
  const compiler = await findCompiler();
  const out = join(ROOT, 'build', 'sanitize-cuda');
  const emulated = ['-DFRAC_CUDA_EMULATED=ON', '-DFRAC_TESTS=ON', `-DCMAKE_CXX_COMPILER=${compiler}`];
  // -O1: twice as long to compile as -O0, and a quarter of the time to run.
  const flags = ['-DFRAC_SANITIZE=undefined', '-DCMAKE_BUILD_TYPE=None', '-DCMAKE_CXX_FLAGS=-O1'];
  run('cmake', '-S', ROOT, '-B', out, ...emulated, ...flags, '--log-level=ERROR');
  run('cmake', '--build', out, '--parallel', String(availableParallelism()));
  const cases = join(out, 'cases.txt');
  writeFileSync(cases, casesText(join(ROOT, 'test', 'fixtures')).text);
  run(join(out, 'frac_cuda_tests'), 'check', '--small', cases);
}

try {
  if (await ready()) {
    await test();
    await testCuda();
  }
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`test_sanitize: ${error.message}`);
  process.exitCode = 1;
}
