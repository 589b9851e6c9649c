#!/usr/bin/env node
// Runs test/package: the package as it is installed. Needs the binaries of `npm run build:prebuilds`; without them it says so and is
// content, unless FRAC_CONNECTIONS_REQUIRE_NATIVE is 1.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { main, ready, runLoud } from './setup/optional.mjs';
import { ROOT } from './setup/paths.mjs';
import { SetupError } from './setup/terminal.mjs';

const NAME = 'frac-connections.glibc.node';

function checkBinaries() {
  const absent = ['x64', 'arm64']
    .map(arch => join('prebuilds', `linux-${arch}`, NAME))
    .filter(file => !existsSync(join(ROOT, file)));
  if (absent.length > 0) throw new SetupError(`no ${absent.join(', ')}: npm run build:prebuilds makes them`);
}

await main('test_install', async () => {
  if (!(await ready('the package as it is installed', 'FRAC_CONNECTIONS_REQUIRE_NATIVE', checkBinaries)))
    return;
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  runLoud(process.execPath, vitest, 'run', '--config', 'vitest.package.config.ts', ...process.argv.slice(2));
});
