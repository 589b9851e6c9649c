// Obtains a wheel with a known hash from the package index that pip uses.
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../common/child.mjs';
import { CACHE } from '../common/paths.mjs';
import { explain, SetupError, say } from '../common/terminal.mjs';
import { download, hashOf } from './download.mjs';

/** Where the wheel of this name is between its download and its unpacking. */
export const wheelFile = name => join(CACHE, `${name}.whl`);

/** The address of the wheel from the resolver of pip (22.2 or newer). Undefined if pip does not return it. */
async function askPip(python, { pip }) {
  const target = join(CACHE, `pip.tmp-${process.pid}`);
  const args = ['-m', 'pip', 'install', ...pip, '--dry-run', '--report', '-', '--target', target];
  const { code, stdout, stderr } = await run(python, args, { timeout: 300_000 });
  if (code !== 0) return { reason: explain(stderr) };
  return { address: JSON.parse(stdout).install[0].download_info.url };
}

/** pip itself downloads the wheel. It knows the user's proxies, certificates and passwords, but cannot resume. */
async function pipDownload(python, { name, size, pip }) {
  const folder = join(CACHE, `wheel.tmp-${process.pid}`);
  say('TensorFlow', `pip downloads ${name} (${(size / 1e6).toFixed(0)} MB)`);
  try {
    const { code, stderr } = await run(python, ['-m', 'pip', 'download', ...pip, '--dest', folder]);
    if (code !== 0) throw new SetupError(`pip cannot fetch ${name}: ${explain(stderr)}`, { slow: true });
    renameSync(join(folder, readdirSync(folder)[0]), wheelFile(name));
    return wheelFile(name);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fetchWheel(python, wheel, address) {
  const file = wheelFile(wheel.name);
  try {
    await download(address, file, wheel);
    return file;
  } catch (error) {
    // An address that the user has set is final. An address from pip may need credentials that only pip knows.
    if (wheel.address || !error.refused) throw error;
    return pipDownload(python, wheel);
  }
}

/**
 * Returns the file of the wheel with the right hash: `{ file, ours }`. A wheel in a local folder is not copied (`ours`
 * is false).
 */
export async function obtainWheel(python, wheel) {
  const cached = wheelFile(wheel.name);
  let file = existsSync(cached) ? cached : undefined;
  if (!file) {
    const { address = wheel.address, reason } = wheel.address ? {} : await askPip(python, wheel);
    if (!address) say('TensorFlow', `pip returned no address (${reason})`);
    if (address?.startsWith('file:')) file = fileURLToPath(address);
    else file = address ? await fetchWheel(python, wheel, address) : await pipDownload(python, wheel);
  }
  const found = await hashOf(file);
  if (found === wheel.sha256) return { file, ours: file === cached };
  if (file === cached) rmSync(file);
  throw new SetupError(`${file} is not ${wheel.name}: its sha256 is ${found}, expected ${wheel.sha256}`, {
    slow: true,
  });
}
