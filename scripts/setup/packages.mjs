// Step 1: installs the npm packages of package-lock.json, without their install scripts.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm, npmReason } from '../common/npm.mjs';
import { ROOT } from '../common/paths.mjs';
import { SetupError, say, seconds } from '../common/terminal.mjs';

const readPackages = file => JSON.parse(readFileSync(file, 'utf8')).packages;

/**
 * Whether node_modules matches the lock file. npm records the installed packages in the format of the lock file,
 * without the optional packages of other platforms.
 */
export function packagesCurrent(root = ROOT) {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = readPackages(record);
  return Object.entries(readPackages(join(root, 'package-lock.json'))).every(([path, wanted]) => {
    if (path === '' || wanted.link) return true;
    const found = installed[path];
    return found ? found.version === wanted.version : Boolean(wanted.optional || wanted.peer);
  });
}

export async function packagesStep() {
  if (packagesCurrent()) return say('packages', 'up to date');
  const started = performance.now();
  say('packages', 'installing with npm ci (about a minute the first time)');
  let result = await npm(['ci'], ROOT);
  // A registry may lack optional packages of other platforms; a lock file made with it lacks them too. npm ci fails
  // then, but npm install installs the same versions without them.
  if (result.code !== 0 && /^npm error Missing: .*from lock file$/m.test(result.stderr)) {
    result = await npm(['install', '--no-save'], ROOT);
  }
  if (result.code !== 0) throw new SetupError(`npm ci: ${npmReason(result)}`);
  say('packages', `installed in ${seconds(started)}`);
}
