#!/usr/bin/env node
// Builds the CUDA part of the addon on the emulated machine, for test/cuda. Without CMake or a compiler it prints the
// reason and exits with 0, and those tests are skipped. With FRAC_CONNECTIONS_REQUIRE_NATIVE=1 it fails instead.
import { join } from 'node:path';
import { ROOT } from './common/paths.mjs';
import { checkTools } from './setup/native.mjs';
import { main, ready, runLoud } from './setup/optional.mjs';

await main('build_emulated', async () => {
  if (!(await ready('the emulated CUDA machine', 'FRAC_CONNECTIONS_REQUIRE_NATIVE', checkTools))) return;
  runLoud(process.execPath, join(ROOT, 'scripts', 'build_native.mjs'), '--emulated');
});
