// Step 1: the npm packages, as package-lock.json says, with their install scripts off.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './child.mjs';
import { ROOT } from './paths.mjs';
import { explain, SetupError, say, seconds } from './terminal.mjs';

const readPackages = file => JSON.parse(readFileSync(file, 'utf8')).packages;

/**
 * Whether node_modules is what the lock file asks for. npm keeps its own record of what it installed, in the lock
 * file's format; it lacks the optional packages of other platforms.
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

/** Runs the npm that runs us, under `npm start`; else the one on the path. */
function npm(args) {
  const script = process.env.npm_execpath;
  const quiet = [...args, '--ignore-scripts', '--no-audit', '--no-fund'];
  return script?.endsWith('.js')
    ? run(process.execPath, [script, ...quiet], { cwd: ROOT })
    : run('npm', quiet, { cwd: ROOT });
}

export async function packagesStep() {
  if (packagesCurrent()) return say('packages', 'up to date');
  const started = performance.now();
  say('packages', 'installing with npm ci (about a minute the first time)');
  let result = await npm(['ci']);
  // A registry may lack optional packages of other platforms, and so does then a lock file made with it. npm ci refuses
  // that; npm install takes the same versions and does without.
  if (result.code !== 0 && /^npm error Missing: .*from lock file$/m.test(result.stderr)) {
    result = await npm(['install', '--no-save']);
  }
  if (result.code !== 0) throw new SetupError(`npm ci: ${npmReason(result)}`);
  say('packages', `installed in ${seconds(started)}`);
}

/** npm's first error line with something to say; the first are its codes, and the last tell where its log lies. */
function npmReason({ stderr, error }) {
  const said = stderr.split('\n').filter(line => /^npm error ./.test(line));
  const line = said.find(l => !/^npm error (code|errno|syscall|type|network|A complete)/.test(l)) ?? said[0];
  return line ? line.replace('npm error ', '') : explain(error ?? stderr);
}
