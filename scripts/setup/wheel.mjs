// The pinned TensorFlow release: a wheel with a known hash, from the package index that pip uses.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './child.mjs';
import { download, hashOf } from './download.mjs';
import { CACHE } from './paths.mjs';
import { NEWEST } from './releases.mjs';
import { explain, SetupError, say } from './terminal.mjs';

/** Sizes are in bytes: that of the wheel, and that of its unpacked files. */
export const WHEEL = {
  project: 'tensorflow-cpu',
  version: NEWEST.version,
  file: 'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl',
  // FRAC_CONNECTIONS_WHEEL and FRAC_CONNECTIONS_WHEEL_SHA256 set another copy or build, such as that of a mirror or a
  // test.
  address: process.env.FRAC_CONNECTIONS_WHEEL, // https:, http: or file:
  sha256: process.env.FRAC_CONNECTIONS_WHEEL_SHA256 ?? NEWEST.sha256,
  size: 273_829_956,
  unpacked: 854_000_000,
};

/** The address of the wheel from the resolver of pip (22.2 or newer). Undefined if pip does not return it. */
async function askPip(python) {
  const target = join(CACHE, `pip.tmp-${process.pid}`);
  const args = ['-m', 'pip', 'install', ...NEWEST.pip, '--dry-run', '--report', '-', '--target', target];
  const { code, stdout, stderr } = await run(python, args, { timeout: 300_000 });
  if (code !== 0) return { reason: explain(stderr) };
  return { address: JSON.parse(stdout).install[0].download_info.url };
}

/** pip itself downloads the wheel. It knows the user's proxies, certificates and passwords, but cannot resume. */
async function pipDownload(python) {
  const folder = join(CACHE, `wheel.tmp-${process.pid}`);
  say('TensorFlow', `pip downloads ${WHEEL.file} (${(WHEEL.size / 1e6).toFixed(0)} MB)`);
  try {
    const { code, stderr } = await run(python, ['-m', 'pip', 'download', ...NEWEST.pip, '--dest', folder]);
    if (code !== 0)
      throw new SetupError(`pip cannot fetch ${WHEEL.file}: ${explain(stderr)}`, { slow: true });
    const file = join(CACHE, WHEEL.file);
    renameSync(join(folder, readdirSync(folder)[0]), file);
    return file;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function checkSpace() {
  mkdirSync(CACHE, { recursive: true });
  const { bavail, bsize } = statfsSync(CACHE);
  const file = join(CACHE, WHEEL.file);
  const have = [file, `${file}.part`].find(path => existsSync(path));
  const needed = WHEEL.unpacked + WHEEL.size - (have ? statSync(have).size : 0);
  if (bavail * bsize < needed) {
    const [free, want] = [bavail * bsize, needed].map(bytes => (bytes / 1e9).toFixed(1));
    throw new SetupError(`the disk is full: ${CACHE} has ${free} GB free and TensorFlow needs ${want} GB`);
  }
}

async function fetchWheel(python, address) {
  const file = join(CACHE, WHEEL.file);
  try {
    await download(address, file, { size: WHEEL.size, sha256: WHEEL.sha256 });
    return file;
  } catch (error) {
    // An address that the user has set is final. An address from pip may need credentials that only pip knows.
    if (WHEEL.address || !error.refused) throw error;
    return pipDownload(python);
  }
}

/**
 * Returns the file of the wheel with the right hash: `{ file, ours }`. A wheel in a local folder is not copied (`ours`
 * is false).
 */
export async function obtainWheel(python) {
  checkSpace();
  const cached = join(CACHE, WHEEL.file);
  let file = existsSync(cached) ? cached : undefined;
  if (!file) {
    const { address = WHEEL.address, reason } = WHEEL.address ? {} : await askPip(python);
    if (!address) say('TensorFlow', `pip returned no address (${reason})`);
    if (address?.startsWith('file:')) file = fileURLToPath(address);
    else file = address ? await fetchWheel(python, address) : await pipDownload(python);
  }
  const found = await hashOf(file);
  if (found === WHEEL.sha256) return { file, ours: file === cached };
  if (file === cached) rmSync(file);
  throw new SetupError(`${file} is not ${WHEEL.file}: its sha256 is ${found}, expected ${WHEEL.sha256}`, {
    slow: true,
  });
}
