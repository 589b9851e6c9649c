// The pinned TensorFlow release: one wheel, known by its hash, from wherever pip gets its packages.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './child.mjs';
import { download, hashOf } from './download.mjs';
import { CACHE } from './paths.mjs';
import { NEWEST } from './releases.mjs';
import { explain, SetupError, say } from './terminal.mjs';

/** sizes in bytes: the wheel, and what is unpacked of it */
export const WHEEL = {
  project: 'tensorflow-cpu',
  version: NEWEST.version,
  file: 'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl',
  // FRAC_CONNECTIONS_WHEEL and FRAC_CONNECTIONS_WHEEL_SHA256 name another copy or another build: a mirror, or a test's.
  address: process.env.FRAC_CONNECTIONS_WHEEL, // https:, http: or file:
  sha256: process.env.FRAC_CONNECTIONS_WHEEL_SHA256 ?? NEWEST.sha256,
  size: 273_829_956,
  unpacked: 854_000_000,
};

/** The wheel's address as pip's own resolver finds it; needs pip 22.2. Undefined if it cannot be learnt. */
async function askPip(python) {
  const target = join(CACHE, `pip.tmp-${process.pid}`);
  const args = ['-m', 'pip', 'install', ...NEWEST.pip, '--dry-run', '--report', '-', '--target', target];
  const { code, stdout, stderr } = await run(python, args, { timeout: 300_000 });
  if (code !== 0) return { reason: explain(stderr) };
  return { address: JSON.parse(stdout).install[0].download_info.url };
}

/** pip fetches by itself: it knows the user's proxies, certificates and passwords. Not resumable. */
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
    // The named address is the user's word; pip's may need what only pip knows.
    if (WHEEL.address || !error.refused) throw error;
    return pipDownload(python);
  }
}

/**
 * A file with the wheel, checked: `{ file, ours }`. A wheel in a local folder is read where it lies (`ours` false).
 */
export async function obtainWheel(python) {
  checkSpace();
  const cached = join(CACHE, WHEEL.file);
  let file = existsSync(cached) ? cached : undefined;
  if (!file) {
    const { address = WHEEL.address, reason } = WHEEL.address ? {} : await askPip(python);
    if (!address) say('TensorFlow', `pip tells no address (${reason})`);
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
