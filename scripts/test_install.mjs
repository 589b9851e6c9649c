#!/usr/bin/env node
// Runs test/package, the tests of the installed package. It needs the binaries of `npm run build:prebuilds`. Without
// them it prints the reason and exits with 0; with FRAC_CONNECTIONS_REQUIRE_NATIVE=1 it fails.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './common/paths.mjs';
import { SetupError } from './common/terminal.mjs';
import { main, ready, runLoud } from './setup/optional.mjs';

const NAME = 'frac-connections.glibc.node';

function checkBinaries() {
  const absent = ['x64', 'arm64']
    .map(arch => join('prebuilds', `linux-${arch}`, NAME))
    .filter(file => !existsSync(join(ROOT, file)));
  if (absent.length > 0) throw new SetupError(`no ${absent.join(', ')}: run npm run build:prebuilds`);
}

await main('test_install', async () => {
  if (!(await ready('the tests of the installed package', 'FRAC_CONNECTIONS_REQUIRE_NATIVE', checkBinaries)))
    return;
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  runLoud(process.execPath, vitest, 'run', '--config', 'vitest.package.config.ts', ...process.argv.slice(2));
});
