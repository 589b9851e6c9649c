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
import { main, ready } from './setup/optional.mjs';

// The checks of UndefinedBehaviorSanitizer, without null, pointer-overflow, object-size and vptr: the kernels compile in two thirds of
// the time, a null pointer ends the program anyway, and AddressSanitizer finds accesses outside of an object.
const UNDEFINED = [
  ...['alignment', 'bounds', 'bool', 'enum', 'return', 'unreachable', 'vla-bound', 'nonnull-attribute'],
  ...['shift', 'signed-integer-overflow', 'integer-divide-by-zero', 'float-cast-overflow'],
].join(';');
const asked = process.env.FRAC_CONNECTIONS_SANITIZE || '';
const thread = asked === 'thread';

/** Runs a program. Its output is printed when it ends, because two run at the same time. */
async function finish(program, args, settings = {}) {
  const env = { ...process.env, ...settings };
  const { code, signal, error, stdout, stderr } = await run(program, args, { env });
  process.stdout.write(stdout + stderr);
  if (code !== 0) throw new SetupError(`${program} ended with ${error?.message ?? signal ?? code}`);
}

/** Builds native/test in the folder `name` of build/, with these options of CMake. Returns the folder. */
async function build(name, ...options) {
  const out = join(ROOT, 'build', name);
  const compiler = `-DCMAKE_CXX_COMPILER=${await findCompiler()}`;
  const common = ['-DCMAKE_BUILD_TYPE=None', '-DFRAC_TESTS=ON', compiler, '--log-level=ERROR'];
  await finish('cmake', ['-S', ROOT, '-B', out, ...common, ...options]);
  await finish('cmake', ['--build', out, '--parallel', String(availableParallelism())]);
  return out;
}

async function test() {
  // No CUDA: nvcc, where it is there, would compile kernels for minutes that frac_tests does not have. -O0: the kernels of three
  // SIMD targets compile in a sixth of the time, and no check is lost.
  const sanitizers = thread ? 'thread' : `address;${UNDEFINED}`;
  const options = [`-DFRAC_SANITIZE=${sanitizers}`, '-DFRAC_CUDA=OFF', '-DCMAKE_CXX_FLAGS=-O0'];
  const out = await build(thread ? 'sanitize-thread' : 'sanitize', ...options);
  await finish(join(out, 'frac_tests'), []);
}

async function testCuda() {
  // -O1: compiling takes twice as long as with -O0, running a quarter of the time.
  const options = [`-DFRAC_SANITIZE=${UNDEFINED}`, '-DFRAC_CUDA_EMULATED=ON', '-DCMAKE_CXX_FLAGS=-O1'];
  const out = await build('sanitize-cuda', ...options);
  const cases = join(out, 'cases.txt');
  writeFileSync(cases, casesText(join(ROOT, 'test', 'fixtures')).text);
  const program = join(out, 'frac_cuda_tests');
  testRefusal(program);
  await Promise.all([
    finish(program, ['check', '--small', cases]),
    // Kernels do not use tensor cores on devices where these lack one of the half-precision types; for float32 they never do.
    finish(program, ['check', '--small', '--half'], { FRAC_EMULATED_CAPABILITY: '75' }),
  ]);
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
  if (asked !== '' && !thread)
    throw new SetupError(`FRAC_CONNECTIONS_SANITIZE must be thread or not set, got ${asked}`);
  if (!(await ready('the native tests under sanitizers', 'FRAC_CONNECTIONS_REQUIRE_NATIVE', checkTools)))
    return;
  // At the same time: much of it is one thread, the slowest file to compile and the emulated device.
  await Promise.all([test(), testCuda()]);
});
