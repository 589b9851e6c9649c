// Step 5: builds the library that returns TensorFlow's CUDA stream (native/tensorflow/stream) against TensorFlow's C++
// headers. Without it the ops on a GPU are correct but slower, so this step never fails. It is for a TensorFlow of the
// user: the pinned wheel is for the CPU, and is unpacked without C++ headers.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../common/child.mjs';
import { findCompiler } from '../common/compiler.mjs';
import { ROOT, writeWhole } from '../common/paths.mjs';
import { explain, SetupError, say, seconds } from '../common/terminal.mjs';
import { readPrepared } from '../tensorflow/cache.mjs';
import { FRAMEWORK, hasCppHeaders, includeOf } from '../tensorflow/libraries.mjs';

const SOURCE = join(ROOT, 'native', 'tensorflow', 'stream', 'stream_library.cc');
const FOLDER = join(ROOT, 'build', 'Release');

/** The path where the addon looks for the library. */
const fileOf = (version, folder = FOLDER) =>
  join(folder, `tensorflow_stream_${/^\d+\.\d+/.exec(version)[0]}.so`);

/**
 * The compiler options with which a TensorFlow may have been built, newest first. They decide the layout of its
 * classes. The linker rejects wrong options, because the library refers to a TensorFlow function whose symbol depends
 * on both.
 */
const DIALECTS = [
  ['-std=c++17', '-D_GLIBCXX_USE_CXX11_ABI=1'],
  ['-std=c++14', '-D_GLIBCXX_USE_CXX11_ABI=1'],
  ['-std=c++17', '-D_GLIBCXX_USE_CXX11_ABI=0'],
  ['-std=c++14', '-D_GLIBCXX_USE_CXX11_ABI=0'],
];

function compilerArguments({ directory, include }, version) {
  return [
    ...['-O2', '-fPIC', '-shared', '-fvisibility=hidden', '-fvisibility-inlines-hidden', '-w', '-DNDEBUG'],
    ...['-ffunction-sections', '-fdata-sections', `-DFRAC_TENSORFLOW_VERSION="${version}"`],
    ...['-isystem', include, '-isystem', join(include, 'external', 'local_xla'), SOURCE],
    ...[`-L${directory}`, `-l:${FRAMEWORK}`, '-Wl,--gc-sections', '-Wl,-z,defs', '-Wl,-z,now'],
  ];
}

/** Compiles to `file`. Throws a SetupError with the compiler's message if no dialect fits. */
async function compile(compiler, args, file) {
  let first;
  for (const dialect of DIALECTS) {
    const { code, stderr } = await run(compiler, [...dialect, ...args, '-o', file]);
    if (code === 0) return;
    first ??= stderr.split('\n').find(line => /error|undefined reference/.test(line)) ?? explain(stderr);
    if (!stderr.includes('KernelsRegisteredForOp')) break; // the error does not depend on the dialect
  }
  throw new SetupError(`${compiler} cannot build it: ${first}`);
}

/**
 * Builds the library for one release of TensorFlow.
 *
 * @param tensorflow `{ directory, include }`: the folders of its shared libraries and of its headers
 * @param {string} version the result of its TF_Version()
 * @returns {Promise<string>} the file
 */
export async function buildStream(tensorflow, version, folder = FOLDER) {
  const compiler = await findCompiler();
  const file = fileOf(version, folder);
  const temporary = `${file}.tmp-${process.pid}`;
  mkdirSync(folder, { recursive: true });
  try {
    await compile(compiler, compilerArguments(tensorflow, version), temporary);
    renameSync(temporary, file);
  } finally {
    rmSync(temporary, { force: true });
  }
  return file;
}

/** A hash of all inputs of the library. */
function hashOf({ directory }, version) {
  const { size, mtimeMs } = statSync(join(directory, FRAMEWORK));
  const state = [directory, size, mtimeMs, version, process.env.CXX];
  return createHash('sha256').update(readFileSync(SOURCE)).update(JSON.stringify(state)).digest('hex');
}

/** The version of the TensorFlow that loads here, and the CUDA version of the addon, both from the built package. */
async function ask() {
  const program = `
    const { tryTensorflow } = await import(process.argv[1] + 'tensorflow/load.js');
    const { nativeInfo } = await import(process.argv[1] + 'addon/info.js');
    const [found, native] = [tryTensorflow(), nativeInfo()];
    const cuda = native.available ? native.build.cuda : 'none';
    process.stdout.write('\\n' + JSON.stringify({ version: found.info?.tensorflowVersion, cuda }));`;
  const dist = new URL(`file://${join(ROOT, 'dist', 'esm')}/`).href;
  const { code, stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', program, dist], {
    timeout: 120_000,
  });
  if (code !== 0) throw new SetupError(explain(stderr));
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

export async function streamStep() {
  const prepared = readPrepared();
  const include = prepared && includeOf(prepared.directory);
  if (!include || !hasCppHeaders(include) || process.env.FRAC_CONNECTIONS_TENSORFLOW === 'off') return;
  const stamp = join(ROOT, 'build', 'tensorflow_stream.stamp');
  const [done, made] = existsSync(stamp) ? readFileSync(stamp, 'utf8').split('\n') : [];
  if (done && existsSync(fileOf(made)) && done === hashOf(prepared, made)) {
    return say('stream', `up to date, for TensorFlow ${made}`);
  }
  try {
    const { version, cuda } = await ask();
    if (!version || cuda.startsWith('none')) return;
    const started = performance.now();
    const hash = hashOf(prepared, version);
    const file = await buildStream({ directory: prepared.directory, include }, version);
    writeWhole(stamp, `${hash}\n${version}`);
    say('stream', `${file} built in ${seconds(started)}`);
  } catch (error) {
    if (!(error instanceof SetupError) && !error.code) throw error;
    say('stream', `not available: ${error instanceof SetupError ? error.message : explain(error)}`);
    say('stream', "each op on TensorFlow's GPU waits for the device before and after: correct, but slower");
  }
}
