#!/usr/bin/env node
// Builds native/test for Linux on arm64 and runs it under QEMU, so that the kernels' NEON form is tested on x86-64 too. Without the
// cross compiler or QEMU it says so and is content, unless FRAC_CONNECTIONS_REQUIRE_ARM64 is 1.
//
//   npm run test:arm64     (Debian: apt install g++-aarch64-linux-gnu qemu-user-static)
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { run } from './setup/child.mjs';
import { checkTools } from './setup/native.mjs';
import { main, ready, runLoud } from './setup/optional.mjs';
import { ROOT } from './setup/paths.mjs';
import { SetupError } from './setup/terminal.mjs';

const COMPILER = 'aarch64-linux-gnu-g++';
const QEMU = 'qemu-aarch64-static';
const out = join(ROOT, 'build', 'arm64');

async function checkCrossTools() {
  await checkTools();
  for (const tool of [COMPILER, QEMU]) {
    const { code } = await run(tool, ['--version']);
    if (code !== 0) throw new SetupError(`no ${tool}`);
  }
}

function test() {
  const target = [
    '-DCMAKE_SYSTEM_NAME=Linux',
    '-DCMAKE_SYSTEM_PROCESSOR=aarch64',
    `-DCMAKE_CXX_COMPILER=${COMPILER}`,
  ];
  // Static: there is no library for arm64 to find here.
  const options = [
    '-DFRAC_TESTS=ON',
    '-DFRAC_CUDA=OFF',
    '-DCMAKE_EXE_LINKER_FLAGS=-static',
    '--log-level=ERROR',
  ];
  runLoud('cmake', '-S', ROOT, '-B', out, ...target, ...options);
  runLoud('cmake', '--build', out, '--parallel', String(availableParallelism()));
  runLoud(QEMU, join(out, 'frac_tests'));
}

await main('test_arm64', async () => {
  if (await ready('the native tests on arm64', 'FRAC_CONNECTIONS_REQUIRE_ARM64', checkCrossTools)) test();
});
