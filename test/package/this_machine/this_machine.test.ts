import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe } from 'vitest';
import { platformName } from '../../../lib/common/platform.js';
import { networkEnvironment, run, succeed } from '../support/child.js';
import { addPrograms } from '../support/consumer.js';
import { newFolder, remove } from '../support/folders.js';
import { TFJS } from '../support/managers.js';
import { testPlatform } from '../support/platform_tests.js';

// The package on this machine, whichever it is, as npm installs it from a tarball and the registry: `npm run test:tarball -- FILE`.

const tarball = process.env.FRAC_CONNECTIONS_TARBALL ?? '';
const folder = newFolder();

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  const dependencies = { ...TFJS, 'frac-connections': `file:${tarball}` };
  writeFileSync(`${folder}/package.json`, JSON.stringify({ private: true, dependencies }));
  succeed('npm', ['install', '--ignore-scripts'], { cwd: folder, env: networkEnvironment() });
});
afterAll(() => remove(folder));

describe(platformName(), () => {
  testPlatform({
    name: platformName(),
    version: process.version,
    project: cases => {
      addPrograms(folder, cases);
      return folder;
    },
    runNode: (cwd, args, env) => run(process.execPath, args, { cwd, env }),
  });
});
