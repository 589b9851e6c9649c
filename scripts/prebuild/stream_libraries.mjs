// Builds the libraries that return TensorFlow's CUDA stream (native/tensorflow/stream), for the releases that a binary
// package supports. Each is compiled against the headers in the wheel of that release, loaded once with its libraries
// as a test, and kept in the cache, because the wheels are 500 MB in total.
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run } from '../common/child.mjs';
import { findCompiler } from '../common/compiler.mjs';
import { CACHE, ROOT } from '../common/paths.mjs';
import { findPython } from '../common/python.mjs';
import { explain, SetupError } from '../common/terminal.mjs';
import { buildStream } from '../setup/stream.mjs';
import { hashOf } from '../tensorflow/download.mjs';
import { FRAMEWORK } from '../tensorflow/libraries.mjs';
import { NEWEST, OLDEST } from '../tensorflow/releases.mjs';

const RELEASES = [OLDEST, NEWEST];
const INPUTS = ['native/tensorflow/stream/stream_library.cc', 'scripts/setup/stream.mjs'];

const UNPACK = `
import sys, zipfile
wheel, target, framework = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    wanted = [n for n in archive.namelist() if n.startswith('tensorflow/include/') or n == 'tensorflow/' + framework]
    archive.extractall(target, wanted)
`;

// Loads it like the addon does, in a process with TensorFlow.
const LOAD = `
import ctypes, sys
framework, library, version = sys.argv[1:]
ctypes.CDLL(framework, ctypes.RTLD_GLOBAL)
told = ctypes.CDLL(library).frac_tensorflow_stream_version
told.restype = ctypes.c_char_p
assert told().decode() == version, told()
`;

async function must(what, program, args) {
  const { code, stderr, error } = await run(program, args);
  if (code !== 0) throw new SetupError(`${what}: ${explain(error ?? stderr)}`);
}

async function make(release, folder) {
  const python = await findPython();
  await must('pip', python, ['-m', 'pip', 'download', ...release.pip, '--dest', folder]);
  const wheel = join(folder, readdirSync(folder)[0]);
  const found = await hashOf(wheel);
  if (found !== release.sha256) {
    throw new SetupError(`${basename(wheel)} has sha256 ${found}, expected ${release.sha256}`);
  }
  await must('unpacking', python, ['-c', UNPACK, wheel, folder, FRAMEWORK]);
  const directory = join(folder, 'tensorflow');
  const file = await buildStream({ directory, include: join(directory, 'include') }, release.version, folder);
  await must('loading', python, ['-c', LOAD, join(directory, FRAMEWORK), file, release.version]);
  return file;
}

/** The library for a release, from the cache or newly built. */
async function cached(release) {
  const hash = createHash('sha256').update(JSON.stringify([release, await findCompiler()]));
  for (const input of INPUTS) hash.update(readFileSync(join(ROOT, input)));
  const folder = join(CACHE, 'stream', hash.digest('hex').slice(0, 12));
  if (existsSync(folder)) return join(folder, readdirSync(folder)[0]);
  const temporary = join(CACHE, `stream.tmp-${process.pid}`);
  mkdirSync(temporary, { recursive: true });
  try {
    const file = await make(release, temporary);
    mkdirSync(folder, { recursive: true });
    copyFileSync(file, join(folder, basename(file)));
    return join(folder, basename(file));
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/**
 * Copies the libraries to a folder. If one cannot be built, it calls `say` and leaves it out; without it, ops on
 * TensorFlow's GPU are only slower.
 */
export async function addStreamLibraries(folder, say) {
  for (const release of RELEASES) {
    try {
      const file = await cached(release);
      copyFileSync(file, join(folder, basename(file)));
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      say(`without TensorFlow ${release.version}'s stream: ${error.message}`);
    }
  }
}
