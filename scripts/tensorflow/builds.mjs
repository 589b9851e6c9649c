// The two builds of TensorFlow that set-up prepares, each from wheels that are unpacked into one folder of the cache.
import { existsSync, readdirSync, readFileSync, rmSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, writeWhole } from '../common/paths.mjs';
import { SetupError } from '../common/terminal.mjs';
import { FRAMEWORK } from './libraries.mjs';
import { CUDA, NEWEST, NEWEST_GPU } from './releases.mjs';
import { wheelFile } from './wheel.mjs';

/** `unpacked` is the size in bytes of the files that are taken from the wheels. */
function build(kind, unpacked, wheels) {
  const [{ name, version, sha256 }] = wheels;
  // The hash distinguishes builds of one release.
  return { kind, version, unpacked, wheels, folder: join(CACHE, `${name}-${sha256.slice(0, 8)}`) };
}

// FRAC_CONNECTIONS_WHEEL and FRAC_CONNECTIONS_WHEEL_SHA256 set another copy or build of the wheel for the CPU, such as
// that of a mirror or a test.
const chosen = {
  ...NEWEST,
  address: process.env.FRAC_CONNECTIONS_WHEEL, // https:, http: or file:
  sha256: process.env.FRAC_CONNECTIONS_WHEEL_SHA256 ?? NEWEST.sha256,
};

export const CPU = build('cpu', 854_000_000, [chosen]);
export const GPU = build('gpu', 6_500_000_000, [NEWEST_GPU, ...CUDA]);
export const BUILDS = [CPU, GPU];

/** The file in the folder of a build that lists the wheels whose files are all there. */
const recordOf = folder => join(folder, 'wheels.json');

function unpackedWheels({ folder }) {
  const file = recordOf(folder);
  // A user may have removed a library.
  const whole = ['libtensorflow_cc.so.2', FRAMEWORK].every(name =>
    existsSync(join(folder, 'tensorflow', name)),
  );
  return whole && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
}

/** The wheels of a build that are not unpacked yet. */
export function missingWheels(build) {
  const done = unpackedWheels(build);
  return build.wheels.filter(({ name }) => !done.includes(name));
}

/** Records that all files of `wheel` are in the folder of the build. */
export function recordWheel(build, wheel) {
  const done = unpackedWheels(build);
  writeWhole(recordOf(build.folder), `${JSON.stringify([...done, wheel.name])}\n`);
}

/** The size of a file or of all files in a folder, in bytes; 0 if there is none. */
export function sizeOf(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return stat?.size ?? 0;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

/** What is still to be downloaded for a build, and the disk space that this and unpacking take, in bytes. */
export function needs(build) {
  const missing = missingWheels(build);
  const have = sum(missing.map(({ name }) => sizeOf(wheelFile(name)) + sizeOf(`${wheelFile(name)}.part`)));
  const download = missing.length > 0 ? sum(missing.map(({ size }) => size)) - have : 0;
  // A wheel goes when it is unpacked. So beside the unpacked files there is one wheel at a time.
  const largest = Math.max(0, ...missing.map(({ size }) => size));
  const disk = missing.length > 0 ? Math.max(build.unpacked - sizeOf(build.folder), 0) + largest - have : 0;
  return { download: Math.max(download, 0), disk: Math.max(disk, 0) };
}

const sum = numbers => numbers.reduce((a, b) => a + b, 0);

/** Throws if the disk of the cache has too little space for a build. */
export function checkSpace(build) {
  const { bavail, bsize } = statfsSync(CACHE);
  const { disk } = needs(build);
  if (bavail * bsize >= disk) return;
  const [free, want] = [bavail * bsize, disk].map(bytes => (bytes / 1e9).toFixed(1));
  throw new SetupError(`the disk is full: ${CACHE} has ${free} GB free and TensorFlow needs ${want} GB`);
}

/** Removes the folder of a build and its downloaded wheels. */
export function removeBuild({ folder, wheels }) {
  rmSync(folder, { recursive: true, force: true });
  for (const { name } of wheels) {
    for (const file of [wheelFile(name), `${wheelFile(name)}.part`]) rmSync(file, { force: true });
  }
}
