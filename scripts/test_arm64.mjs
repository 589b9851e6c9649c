#!/usr/bin/env node
import { run } from './common/child.mjs';
import { SetupError } from './common/terminal.mjs';
// Builds native/test for Linux on arm64 and runs it under QEMU, to test the NEON kernels on x86-64. Without the cross
// compiler or QEMU it prints the reason and exits with 0; with FRAC_CONNECTIONS_REQUIRE_ARM64=1 it fails.
//
//   npm run test:arm64     (Debian: apt install g++-aarch64-linux-gnu qemu-user-static)
import { buildArm64, checkCrossTools } from './prebuild/arm64.mjs';
import { main, ready, runLoud } from './setup/optional.mjs';

const QEMU = 'qemu-aarch64-static';

async function checkAll() {
  await checkCrossTools();
  const { code } = await run(QEMU, ['--version']);
  if (code !== 0) throw new SetupError(`no ${QEMU}: install it (Debian: apt install qemu-user-static)`);
}

await main('test_arm64', async () => {
  if (await ready('the native tests on arm64', 'FRAC_CONNECTIONS_REQUIRE_ARM64', checkAll))
    runLoud(QEMU, buildArm64('frac_tests'));
});
