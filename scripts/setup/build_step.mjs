// Step 2: builds dist/ if one of its sources has changed.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../common/child.mjs';
import { ROOT } from '../common/paths.mjs';
import { SetupError, say, seconds } from '../common/terminal.mjs';

const STAMP = join('dist', '.stamp');

/** A hash of all sources of dist/. */
export function sourceHash(root = ROOT) {
  const sources = readdirSync(join(root, 'lib'), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
  const settings = ['package.json', 'package-lock.json', 'scripts/build.mjs']
    .concat(['tsconfig.json', 'tsconfig.esm.json', 'tsconfig.cjs.json'])
    .map(name => join(root, name));
  const hash = createHash('sha256');
  for (const file of [...settings, ...sources]) {
    hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

/** Whether dist/ was built from the present sources. */
export function buildCurrent(root = ROOT) {
  const stamp = join(root, STAMP);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === sourceHash(root);
}

export async function buildStep() {
  if (buildCurrent()) return say('build', 'up to date');
  const started = performance.now();
  say('build', 'compiling the library');
  const { code, stdout, stderr } = await run(process.execPath, [join(ROOT, 'scripts', 'build.mjs')], {
    cwd: ROOT,
  });
  if (code !== 0) throw new SetupError(`npm run build:\n${(stdout + stderr).trim()}`);
  say('build', `dist/ built in ${seconds(started)}`);
}
