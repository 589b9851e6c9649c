#!/usr/bin/env node
// Builds the addon's CUDA part over an emulated machine, which test/cuda runs on. Without CMake or a compiler it says so and is
// content, unless FRAC_CONNECTIONS_REQUIRE_NATIVE is 1: those tests are skipped then.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { checkTools } from './setup/native.mjs';
import { ROOT } from './setup/paths.mjs';
import { SetupError } from './setup/terminal.mjs';

async function ready() {
  try {
    await checkTools();
    return true;
  } catch (error) {
    if (!(error instanceof SetupError) || process.env.FRAC_CONNECTIONS_REQUIRE_NATIVE === '1') throw error;
    console.log(`skipped: the emulated CUDA machine (${error.message})`);
    return false;
  }
}

try {
  if (await ready()) {
    const script = join(ROOT, 'scripts', 'build_native.mjs');
    const { status } = spawnSync(process.execPath, [script, '--emulated'], { cwd: ROOT, stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
  }
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`build_emulated: ${error.message}`);
  process.exitCode = 1;
}
