// The command `npx frac-connections setup`: prepares a TensorFlow for all projects of this user, lists what is prepared,
// and removes it. It writes only to the cache folder. lib/cli/setup.ts runs it.
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { withLock } from '../common/lock.mjs';
import { CACHE } from '../common/paths.mjs';
import { explain, SetupError, say } from '../common/terminal.mjs';
import { BUILDS, CPU, GPU, needs, removeBuild, sizeOf } from './builds.mjs';
import { forgetFailures, readPrepared, sweep, writePrepared } from './cache.mjs';
import { checkPlatform, prepareBuild, prepareFolder } from './prepare.mjs';
import { probe } from './probe.mjs';
import { tfjsPackage } from './tfjs.mjs';

export { explain, SetupError };

const gigabytes = bytes => `${(bytes / 1e9).toFixed(bytes < 1e8 ? 3 : 1)} GB`;

const locked = work => {
  mkdirSync(CACHE, { recursive: true });
  return withLock(CACHE, work, pid => say('TensorFlow', `waiting for another set-up (process ${pid})`));
};

/** Says what a build needs, and asks on a terminal. Returns whether to go on. */
async function agreed(build, yes) {
  const { download, disk } = needs(build);
  if (disk === 0) return true;
  const cuda = build.kind === 'gpu' ? ` for GPUs, and ${build.wheels.length - 1} CUDA libraries` : '';
  say(
    'TensorFlow',
    `${build.version}${cuda}: ${gigabytes(download)} to download, ${gigabytes(disk)} of disk space in`,
  );
  say('', CACHE);
  if (yes || !process.stdin.isTTY) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${' '.repeat(12)}Continue? [Y/n] `);
  terminal.close();
  return /^(y|yes|)$/i.test(answer.trim());
}

function report({ info, gpu }, wanted) {
  const how = info.source === 'own' ? 'installed by that package' : 'prepared';
  say(
    'TensorFlow',
    `${info.tensorflowVersion} loads, through ${info.package} ${info.packageVersion} (${how})`,
  );
  if (gpu) say('GPU', 'TensorFlow uses it');
  else if (wanted)
    say(
      'GPU',
      'TensorFlow finds none and runs on the CPU; nvidia-smi shows whether this machine has a driver',
    );
}

/** Returns whether there is a TensorFlow now. */
async function prepare({ gpu, tensorflow, yes }) {
  await tfjsPackage(); // there is nothing to prepare without one
  const before = await probe();
  const right = gpu ? readPrepared()?.source === 'gpu' && before.info?.source === 'prepared' : before.info;
  if (tensorflow === undefined && right) {
    report(before, gpu);
    return true;
  }
  if (tensorflow === undefined) {
    checkPlatform();
    if (!(await agreed(gpu ? GPU : CPU, yes))) return false;
  }
  await locked(async () => {
    sweep();
    if (tensorflow === undefined) await prepareBuild(gpu ? GPU : CPU);
    else await prepareFolder(tensorflow, 'user');
  });
  report(await probe(), gpu);
  return true;
}

function list() {
  const prepared = readPrepared();
  for (const build of BUILDS) {
    const { download } = needs(build);
    const size = sizeOf(build.folder);
    const state = size === 0 ? 'not here' : download > 0 ? 'incomplete' : gigabytes(size);
    const used = size > 0 && prepared?.directory?.startsWith(build.folder) ? ', in use' : '';
    console.log(`${`TensorFlow ${build.version}, ${build.kind.toUpperCase()}`.padEnd(27)}${state}${used}`);
    if (size > 0) console.log(`${''.padEnd(27)}${build.folder}`);
  }
  if (prepared?.source === 'user')
    console.log(`${'TensorFlow of your own'.padEnd(27)}${prepared.directory}, in use`);
}

async function remove() {
  if (!existsSync(CACHE)) return;
  await locked(() => {
    sweep();
    writePrepared(undefined);
    forgetFailures();
    for (const build of BUILDS) removeBuild(build);
    const notes = readdirSync(CACHE).filter(name => /^ready-\w+\.json$/.test(name));
    for (const name of ['bindings', 'headers', ...notes])
      rmSync(join(CACHE, name), { recursive: true, force: true });
  });
  say('TensorFlow', `removed from ${CACHE}`);
}

/**
 * Runs the command. Throws a SetupError if something is missing.
 *
 * @param {{ gpu?: boolean, tensorflow?: string, list?: boolean, remove?: boolean, yes?: boolean }} options
 * @returns {Promise<boolean>} false if the user said no
 */
export async function setup(options) {
  if (options.list) list();
  else if (options.remove) await remove();
  else return prepare(options);
  return true;
}
