#!/usr/bin/env node
// Builds the binaries that zig compiles for other platforms, and runs those that can be run on this machine. `npm run test:all` comes
// before: it builds the binaries for this machine. Compiling the C++ libraries of the platforms takes minutes, but only the
// first time.
//
//   npm run test:platforms
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './common/paths.mjs';
import { PLATFORMS } from './prebuild/platforms.mjs';
import { main, runLoud } from './setup/optional.mjs';

await main('test_platforms', async () => {
  const names = PLATFORMS.filter(({ zig }) => zig).map(({ name }) => name);
  runLoud(process.execPath, join(ROOT, 'scripts', 'build_prebuilds.mjs'), ...names);
  for (const name of ['TEST_PLATFORMS', 'REQUIRE_ARM64', 'REQUIRE_MUSL', 'REQUIRE_WINE'])
    process.env[`FRAC_CONNECTIONS_${name}`] = '1';
  const tests = ['arm64_runtimes', 'musl', 'windows', 'platforms'].map(
    name => `test/package/${name}.test.ts`,
  );
  runLoud(process.execPath, join(ROOT, 'scripts', 'test_install.mjs'), ...tests);
  runLoud(process.execPath, join(ROOT, 'scripts', 'check_package.mjs')); // for its size with all binaries
  const folder = join(ROOT, 'build', 'packed');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  runLoud('npm', 'pack', '--silent', '--ignore-scripts', '--pack-destination', folder);
  const [tarball] = readdirSync(folder);
  runLoud(process.execPath, join(ROOT, 'scripts', 'test_tarball.mjs'), join(folder, tarball));
});
