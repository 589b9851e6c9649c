#!/usr/bin/env node
// Builds native/test with AddressSanitizer and UndefinedBehaviorSanitizer, and runs it; the first finding is a failure.
// Then runs the CUDA kernels on the emulated machine with UndefinedBehaviorSanitizer only, because AddressSanitizer
// does not support fibers. FRAC_CONNECTIONS_SANITIZE=thread uses ThreadSanitizer instead. Without CMake or a compiler
// it prints the reason and exits with 0; with FRAC_CONNECTIONS_REQUIRE_NATIVE=1 it fails.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { run } from './common/child.mjs';
import { findCompiler } from './common/compiler.mjs';
import { ROOT } from './common/paths.mjs';
import { SetupError } from './common/terminal.mjs';
import { casesText } from './gpu/cases.mjs';
import { checkTools } from './setup/native.mjs';
import { main, ready, runLoud } from './setup/optional.mjs';

const sanitizers = process.env.FRAC_CONNECTIONS_SANITIZE || 'address;undefined';
const out = join(ROOT, 'build', `sanitize-${sanitizers.replace(/\W/g, '-')}`);

async function test() {
  const compiler = await findCompiler();
  // No CUDA: nvcc, where it is there, would compile kernels for minutes that frac_tests does not have.
  const parts = ['-DFRAC_TESTS=ON', '-DFRAC_CUDA=OFF'];
  const options = [`-DFRAC_SANITIZE=${sanitizers}`, ...parts, `-DCMAKE_CXX_COMPILER=${compiler}`];
  // -O0: the kernels of three SIMD targets compile in a sixth of the time, and no check is lost.
  runLoud(
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
  runLoud('cmake', '--build', out, '--parallel', String(availableParallelism()));
  runLoud(join(out, 'frac_tests'));
}

async function testCuda() {
  const compiler = await findCompiler();
  const out = join(ROOT, 'build', 'sanitize-cuda');
  const emulated = ['-DFRAC_CUDA_EMULATED=ON', '-DFRAC_TESTS=ON', `-DCMAKE_CXX_COMPILER=${compiler}`];
  // -O1: compiling takes twice as long as with -O0, running a quarter of the time.
  const flags = ['-DFRAC_SANITIZE=undefined', '-DCMAKE_BUILD_TYPE=None', '-DCMAKE_CXX_FLAGS=-O1'];
  runLoud('cmake', '-S', ROOT, '-B', out, ...emulated, ...flags, '--log-level=ERROR');
  runLoud('cmake', '--build', out, '--parallel', String(availableParallelism()));
  const cases = join(out, 'cases.txt');
  writeFileSync(cases, casesText(join(ROOT, 'test', 'fixtures')).text);
  const program = join(out, 'frac_cuda_tests');
  // Both at once: each takes more than a minute, and the emulated device runs in one thread.
  await Promise.all([
    check(program, {}, cases),
    // Kernels do not use tensor cores on devices where these lack one of the half-precision types.
    check(program, { FRAC_EMULATED_CAPABILITY: '75' }),
  ]);
  testRefusal(program);
}

/** Checks the kernels on an emulated device, and prints the program's output when it has ended. */
async function check(program, settings, ...cases) {
  const env = { ...process.env, ...settings };
  const { code, signal, stdout, stderr } = await run(program, ['check', '--small', ...cases], { env });
  process.stdout.write(stdout + stderr);
  if (code !== 0) throw new SetupError(`${program} ended with ${signal ?? code}`);
}

/**
 * Both commands must fail on a device without common kernel variants, because they would check and time the general
 * variant instead.
 */
function testRefusal(program) {
  const env = { ...process.env, FRAC_EMULATED_NO_CODE: '209' };
  for (const args of [
    ['check', '--small'],
    ['bench', '--rows', '/dev/null'],
  ]) {
    const { status, stderr } = spawnSync(program, args, { env, encoding: 'utf8' });
    if (status !== 1 || !stderr.includes('no machine code of the common kernel variants'))
      throw new SetupError(
        `${program} ${args[0]} must fail without common kernel variants, got ${status}: ${stderr}`,
      );
  }
}

await main('test_sanitize', async () => {
  if (!(await ready('the native tests under sanitizers', 'FRAC_CONNECTIONS_REQUIRE_NATIVE', checkTools)))
    return;
  await test();
  await testCuda();
});
