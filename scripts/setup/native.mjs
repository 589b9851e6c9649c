// Step 3: builds the native addon if one of its sources has changed. Without a compiler or CMake everything still runs,
// as compositions of tfjs ops. So in that case it prints the reason and does not fail.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../common/child.mjs';
import { findCompiler } from '../common/compiler.mjs';
import { ROOT, writeWhole } from '../common/paths.mjs';
import { SetupError, say, seconds } from '../common/terminal.mjs';

const ADDON = join('build', 'Release', 'frac_connections.node');
/** Files with the hash of the sources of the last build, and with that of the last failed build and its reason. */
const STAMP = join('build', 'native.stamp');
const FAILED = join('build', 'native.failed');

/** A hash of all sources of the addon. */
export function nativeHash(root = ROOT) {
  const sources = readdirSync(join(root, 'native'), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && !/[\\/]native[\\/]test([\\/]|$)/.test(entry.parentPath ?? entry.path))
    .map(entry => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
  const settings = ['CMakeLists.txt', 'scripts/build_native.mjs'].map(name => join(root, name));
  const chosen = `${process.platform} ${process.arch} ${process.env.CXX ?? ''} ${cudaOptions()}`;
  const hash = createHash('sha256').update(chosen);
  for (const file of [...settings, ...sources]) {
    hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

/**
 * The options of CMakeLists.txt that decide whether the addon has CUDA kernels. `FRAC_CONNECTIONS_CUDA` sets on or off.
 * By default they are built only with an NVIDIA driver and nvcc, because they take minutes to compile and are useless
 * without a GPU.
 */
export function cudaOptions(environment = process.env, driver = existsSync('/proc/driver/nvidia/version')) {
  const wanted = environment.FRAC_CONNECTIONS_CUDA || (driver ? 'auto' : 'off');
  if (!['on', 'off', 'auto'].includes(wanted)) {
    throw new SetupError(`FRAC_CONNECTIONS_CUDA must be on, off or auto, got "${wanted}"`);
  }
  return [`-DFRAC_CUDA=${wanted.toUpperCase()}`];
}

const read = file => (existsSync(file) ? readFileSync(file, 'utf8') : '');

/** Whether the addon was built from the present sources. */
export function nativeCurrent(root = ROOT) {
  return existsSync(join(root, ADDON)) && read(join(root, STAMP)) === nativeHash(root);
}

/** Throws unless CMake and a compiler are installed. */
export async function checkTools() {
  await findCompiler();
  const { code, stdout } = await run('cmake', ['--version']);
  if (code !== 0) throw new SetupError('no CMake (looked for cmake): install it (Debian: apt install cmake)');
  const [, major, minor] = /version (\d+)\.(\d+)/.exec(stdout) ?? [];
  if (Number(major) < 3 || (Number(major) === 3 && Number(minor) < 18)) {
    throw new SetupError(`CMake ${major}.${minor} is too old: 3.18 or newer is needed`);
  }
}

/** The most useful line of the output of a failed build. */
function reasonOf(output) {
  const lines = output.split('\n').map(line => line.trim());
  return lines.find(line => /\berror\b/i.test(line)) ?? lines.findLast(line => line) ?? 'no reason given';
}

async function build(hash) {
  const started = performance.now();
  const options = cudaOptions();
  const duration = options[0].endsWith('OFF') ? 'about a minute' : 'with CUDA, about five minutes';
  say('native', `compiling the kernels with CMake (${duration} the first time)`);
  const script = join(ROOT, 'scripts', 'build_native.mjs');
  const { code, stdout, stderr } = await run(process.execPath, [script, ...options], { cwd: ROOT });
  if (code !== 0) {
    const reason = reasonOf(stdout + stderr);
    writeWhole(join(ROOT, FAILED), `${hash}\n${reason}`);
    throw new SetupError(reason);
  }
  rmSync(join(ROOT, FAILED), { force: true });
  writeWhole(join(ROOT, STAMP), hash);
  say('native', `addon built in ${seconds(started)}`);
}

/** @param {{ retry?: boolean }} options retry: builds even if a build of the same sources failed before */
export async function nativeStep({ retry = process.env.npm_lifecycle_event === 'setup' } = {}) {
  if (process.env.FRAC_CONNECTIONS_NATIVE === 'off') {
    return say('native', 'left out: FRAC_CONNECTIONS_NATIVE is off');
  }
  try {
    if (nativeCurrent()) return say('native', 'up to date');
    const hash = nativeHash(); // computed first, so that a source that changes during the build counts as not built
    await checkTools();
    const [failed, reason] = read(join(ROOT, FAILED)).split('\n');
    if (failed === hash && !retry) throw new SetupError(`${reason} (npm run setup tries again)`);
    await build(hash);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    rmSync(join(ROOT, ADDON), { force: true }); // an old addon would not match the sources
    say('native', `not available: ${error.message}`);
    say('native', 'everything still runs, as compositions of tfjs ops');
  }
}
