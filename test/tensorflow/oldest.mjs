// Prepares TensorFlow 2.9, which tfjs-node 4.22 is released with, out of a Python wheel, in a cache folder of its own: run with
// XDG_CACHE_HOME set to that. Prints one line of JSON at its end: {} or { reason }, why it cannot be had.
//
// This wheel has no libtensorflow: its C API lies in Python's extension module, which wants 187 symbols of Python's. A small
// library takes libtensorflow's place: it holds those symbols, of which none is ever used, and needs the module.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../scripts/common/child.mjs';
import { findCompiler } from '../../scripts/common/compiler.mjs';
import { withLock } from '../../scripts/common/lock.mjs';
import { CACHE } from '../../scripts/common/paths.mjs';
import { findPython } from '../../scripts/common/python.mjs';
import { explain, SetupError } from '../../scripts/common/terminal.mjs';
import { buildBinding } from '../../scripts/tensorflow/binding.mjs';
import { recallFailure, rememberFailure, writePrepared } from '../../scripts/tensorflow/cache.mjs';
import { hashOf } from '../../scripts/tensorflow/download.mjs';
import { findLibraries } from '../../scripts/tensorflow/libraries.mjs';
import { OLDEST } from '../../scripts/tensorflow/releases.mjs';
import { tfjsPackage } from '../../scripts/tensorflow/tfjs.mjs';

const { version: VERSION, sha256: SHA256 } = OLDEST;
/** How long a failed download keeps the next run from trying again. */
const REST_HOURS = 1;
const FOLDER = join(CACHE, `tensorflow-cpu-${VERSION}`);
const MODULE = join('python', '_pywrap_tensorflow_internal.so');

const UNPACK = `
import os, shutil, sys, zipfile
wheel, target, module = sys.argv[1:]
wanted = ('libtensorflow_framework.so.2', module, 'include/tensorflow/c/', 'include/tensorflow/core/platform/ctstring')
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        path = name[len('tensorflow/'):]
        if not path.startswith(wanted) or path.endswith('/'):
            continue
        path = os.path.join(target, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with archive.open(name) as source, open(path, 'wb') as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
`;

/** Runs a program; throws what it said where it fails. */
async function must(what, program, args) {
  const { code, stdout, stderr, error } = await run(program, args);
  if (code !== 0) throw new Error(`${what}: ${explain(error ?? stderr)}`);
  return stdout;
}

async function fetchWheel(python, folder) {
  const failure = recallFailure(VERSION, REST_HOURS);
  if (failure) throw new SetupError(failure.reason);
  const { code, stderr, error } = await run(
    python,
    ['-m', 'pip', 'download', ...OLDEST.pip, '--dest', folder],
    { timeout: 300_000 },
  );
  if (code !== 0) {
    const reason = `pip cannot fetch tensorflow-cpu ${VERSION}: ${explain(error ?? stderr)}`;
    rememberFailure(VERSION, reason);
    throw new SetupError(reason);
  }
  const wheel = join(folder, readdirSync(folder)[0]);
  const found = await hashOf(wheel);
  if (found !== SHA256) throw new Error(`${wheel} has sha256 ${found}, expected ${SHA256}`);
  return wheel;
}

/** The library in libtensorflow's place. */
async function makeLibrary(compiler, folder) {
  const listed = await must('nm', 'nm', ['-D', '--undefined-only', join(folder, MODULE)]);
  const names = [...listed.matchAll(/ U (_?Py\w+)$/gm)].map(([, name]) => name);
  const source = join(folder, 'python.c');
  writeFileSync(source, names.map(name => `char ${name}[512];\n`).join(''));
  await must('libtensorflow', compiler, [
    ...['-shared', '-fPIC', '-x', 'c', source, '-o', join(folder, 'libtensorflow.so.2')],
    ...['-Wl,-soname,libtensorflow.so.2', '-Wl,--no-as-needed', `-L${join(folder, 'python')}`],
    ...['-l:_pywrap_tensorflow_internal.so', '-Wl,-rpath,$ORIGIN/python', '-Wl,--disable-new-dtags'],
    ...['-Wl,--allow-shlib-undefined'],
  ]);
}

async function unpackedFolder() {
  if (existsSync(FOLDER)) return FOLDER;
  const [compiler, python] = [await findCompiler(), await findPython()];
  const temporary = `${FOLDER}.tmp-${process.pid}`;
  try {
    const wheel = await fetchWheel(python, join(temporary, 'wheel'));
    await must('unpacking', python, ['-c', UNPACK, wheel, join(temporary, 'tensorflow'), MODULE]);
    await makeLibrary(compiler, join(temporary, 'tensorflow'));
    renameSync(join(temporary, 'tensorflow'), FOLDER);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return FOLDER;
}

async function prepare() {
  const folder = await unpackedFolder();
  const libraries = findLibraries(folder);
  const tfjs = await tfjsPackage();
  const binding = await buildBinding(tfjs, libraries);
  // `user`: goes before one that tfjs-node's own installer may have put into the package.
  writePrepared({ source: 'user', directory: libraries.directory, binding, tfjs: tfjs.version });
}

let answer = {};
mkdirSync(CACHE, { recursive: true });
try {
  await withLock(CACHE, prepare, pid => console.log(`waiting for process ${pid}`));
} catch (error) {
  // Without pip, a compiler or the wheel there is nothing to test; whatever else fails is a failure.
  if (!(error instanceof SetupError) || existsSync(FOLDER)) throw error;
  answer = { reason: error.message };
}
console.log(JSON.stringify(answer));
