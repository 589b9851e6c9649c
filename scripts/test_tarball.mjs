#!/usr/bin/env node
// Installs a packed package from the registry, on whatever machine this is, and runs test/package/this_machine on it. A checkout needs
// its npm packages for that, and no build.
//
//   npm run test:tarball             the tarball that npm pack has put here
//   npm run test:tarball -- FILE
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ROOT } from './common/paths.mjs';
import { SetupError } from './common/terminal.mjs';
import { main, runLoud } from './setup/optional.mjs';

await main('test_tarball', async () => {
  const file = process.argv[2] ?? readdirSync(ROOT).find(name => /^frac-connections-.*\.tgz$/.test(name));
  if (file === undefined || !existsSync(file))
    throw new SetupError(`FILE must be a tarball of npm pack, got ${file}`);
  process.env.FRAC_CONNECTIONS_TARBALL = resolve(file);
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  runLoud(process.execPath, vitest, 'run', '--config', 'test/package/this_machine/vitest.config.ts');
});
