// Prepares a TensorFlow for tfjs-node: obtains its files, and builds the binding against them.
import { rmSync } from 'node:fs';
import { findCompiler } from '../common/compiler.mjs';
import { findPython } from '../common/python.mjs';
import { SetupError, say } from '../common/terminal.mjs';
import { buildBinding } from './binding.mjs';
import { checkSpace, missingWheels, recordWheel } from './builds.mjs';
import { readPrepared, writePrepared } from './cache.mjs';
import { nodeHeaders } from './headers.mjs';
import { findLibraries } from './libraries.mjs';
import { probe } from './probe.mjs';
import { tfjsPackage } from './tfjs.mjs';
import { unpack } from './unpack.mjs';
import { obtainWheel } from './wheel.mjs';

/** How the wheels cannot be used here: undefined if they can. */
function unsupported() {
  const { glibcVersionRuntime = '' } = process.report?.getReport().header ?? {};
  const [major = 0, minor = 0] = glibcVersionRuntime.split('.').map(Number);
  const newEnough = major > 2 || (major === 2 && minor >= 27);
  if (process.platform === 'linux' && process.arch === 'x64' && newEnough) return undefined;
  const libc = glibcVersionRuntime ? `glibc ${glibcVersionRuntime}` : 'no glibc';
  return `${process.platform} ${process.arch}${process.platform === 'linux' ? ` with ${libc}` : ''}`;
}

/** Throws where set-up has no TensorFlow for this machine. */
export function checkPlatform() {
  const here = unsupported();
  if (here === undefined) return;
  // Google has TensorFlow and a binding for these platforms, which tfjs-node's own installer fetches.
  const other = ['darwin', 'win32'].includes(process.platform)
    ? "; here tfjs-node's own installer does it: npm rebuild @tensorflow/tfjs-node (npm 12 asks for npm approve-scripts @tensorflow/tfjs-node first)"
    : '';
  throw new SetupError(
    `set-up prepares TensorFlow only on Linux x64 with glibc 2.27 or newer, and this is ${here}${other}`,
  );
}

/**
 * Builds the binding for the TensorFlow in `folder`. If it loads, it becomes the prepared TensorFlow. `source` says where
 * it comes from (see Prepared in lib/tensorflow/prepared.ts). Returns the TensorflowInfo.
 */
export async function prepareFolder(folder, source) {
  const tfjs = await tfjsPackage();
  const libraries = findLibraries(folder);
  const binding = await buildBinding(tfjs, libraries);
  const before = readPrepared();
  writePrepared({ source, directory: libraries.directory, binding, tfjs: tfjs.version });
  const { info, reasons = [`${info?.binding} loads instead`] } = await probe();
  if (info?.binding === binding) return info;
  writePrepared(before);
  throw new SetupError(`the TensorFlow in ${folder} does not load (${reasons.join('; ')})`);
}

/** Downloads and unpacks the wheels of a build that are missing. An interrupted call has recorded those that are done. */
export async function obtainFiles(build) {
  const missing = missingWheels(build);
  if (missing.length === 0) return;
  const python = await findPython();
  checkSpace(build);
  // With no wheel recorded, what is there is from an older version of set-up, or damaged.
  if (missing.length === build.wheels.length) rmSync(build.folder, { recursive: true, force: true });
  for (const [i, wheel] of missing.entries()) {
    if (missing.length > 1) say('TensorFlow', `${wheel.name}: ${i + 1} of ${missing.length}`);
    const { file, ours } = await obtainWheel(python, wheel);
    await unpack(python, file, wheel, build.folder);
    recordWheel(build, wheel);
    if (ours) rmSync(file);
  }
}

/** Prepares a build: obtains its files and builds the binding. Returns the TensorflowInfo. */
export async function prepareBuild(build) {
  checkPlatform();
  // Fail before the long download, not after it.
  await findCompiler();
  await nodeHeaders();
  await obtainFiles(build);
  return prepareFolder(build.folder, build.kind === 'gpu' ? 'gpu' : 'wheel');
}
