#!/usr/bin/env node
// Builds the addon's CUDA part over an emulated machine, which test/cuda runs on. Without CMake or a compiler it says so and is
// content, unless FRAC_CONNECTIONS_REQUIRE_NATIVE is 1: those tests are skipped then.
import { join } from 'node:path';
import { checkTools } from './setup/native.mjs';
import { main, ready, runLoud } from './setup/optional.mjs';
import { ROOT } from './setup/paths.mjs';

await main('build_emulated', async () => {
  if (!(await ready('the emulated CUDA machine', 'FRAC_CONNECTIONS_REQUIRE_NATIVE', checkTools))) return;
  runLoud(process.execPath, join(ROOT, 'scripts', 'build_native.mjs'), '--emulated');
});
