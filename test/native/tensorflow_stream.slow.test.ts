import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { StreamLibrary } from '../../lib/addon/tensorflow.js';
import { readPrepared } from '../../lib/tensorflow/prepared.js';
import { has, temporaryFolder } from '../setup/sandbox.js';
import { findEmulated } from '../support/emulated.js';
import { addon, binary, root } from './addon.js';

const here = addon?.tensorflow !== undefined;

/** Runs a program with `addon`, a copy that lies in the folder, and `tf`; returns what it gives to `say`. */
function runBeside(folder: string, original: string, program: string): unknown {
  const copy = join(folder, 'frac_connections.node');
  copyFileSync(original, copy);
  const code = `
    const { tf } = require('${join(root, 'dist/cjs/tensorflow/index.js')}');
    const addon = require('${copy}');
    const say = value => console.log(JSON.stringify(value));
    ${program}`;
  const child = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8', cwd: root });
  expect(child, child.stderr).toMatchObject({ status: 0, signal: null, stderr: '' });
  return JSON.parse(child.stdout);
}

/** What an addon says of the stream library in its folder, which `make` puts there. */
function streamOf(make: (file: string) => void): { file: string; found: StreamLibrary } {
  const folder = temporaryFolder();
  const file = join(folder, `tensorflow_stream_${release()}.so`);
  make(file);
  return { file, found: runBeside(folder, binary, 'say(addon.tensorflow.stream());') as StreamLibrary };
}

const version = () => addon!.tensorflow!.register().version;
const release = () => /^\d+\.\d+/.exec(version())![0];

/** Compiles a stand-in for the library: the same functions, and nothing of TensorFlow's. */
const compile = (source: string) => (file: string) => {
  const args = ['-x', 'c', '-shared', '-fPIC', '-o', file, '-'];
  expect(spawnSync('cc', args, { input: source, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
};
const standIn = (made: string, more = '') => `
  const char *frac_tensorflow_stream_version(void) { return "${made}"; }
  void *frac_tensorflow_stream(void *context) { ${more} return 0; }`;

describe.runIf(here)("the library that tells TensorFlow's stream", () => {
  test('that is not there: said, and no failure', () => {
    const { file, found } = streamOf(() => undefined);
    expect(found).toEqual({ file, reason: `there is no ${file}` });
  });

  test('that is cut off or another file is refused', () => {
    const { file, found } = streamOf(path => writeFileSync(path, 'no library'));
    expect(found.reason).toMatch(new RegExp(`^${file}: (file too short|invalid ELF header)`));
  });

  describe.runIf(has('cc'))('compiled', () => {
    test('for this release, is taken, whichever its patch', () => {
      const { file, found } = streamOf(compile(standIn(`${release()}.99`)));
      expect(found).toEqual({ file, reason: '' });
    });

    test.each(['2.9.3', '2.2.0', '1.21.0', ''])('for release %j, is refused', made => {
      const { file, found } = streamOf(compile(standIn(made)));
      expect(found).toEqual({
        file,
        reason: `${file} was built for TensorFlow ${made}, and this is ${version()}`,
      });
    });

    test('as something else, is refused', () => {
      const { file, found } = streamOf(compile('int other(void) { return 1; }'));
      expect(found.reason).toBe(`${file} does not export the functions of a stream library`);
    });

    test('for another layout of C++ classes, does not load: it misses a symbol', () => {
      const symbol = '_ZN10tensorflow22KernelsRegisteredForOpESs';
      const source = `extern int ${symbol}(void); ${standIn(version(), `${symbol}();`)}`;
      const { file, found } = streamOf(compile(source));
      expect(found).toEqual({ file, reason: `${file}: undefined symbol: ${symbol}` });
    });
  });
});

// The real one, where there are C++ headers of the TensorFlow that runs: FRAC_CONNECTIONS_TEST_TENSORFLOW names a folder with
// them and its libraries, such as tensorflow/ in an unpacked wheel.
const prepared = readPrepared();
const directory =
  process.env.FRAC_CONNECTIONS_TEST_TENSORFLOW ??
  ('binding' in prepared ? prepared.directory : 'no TensorFlow');
const headers = existsSync(join(directory, 'include/tensorflow/core/framework/op_kernel.h'));
const emulated = findEmulated();

// Compiling TensorFlow's headers takes its time.
describe.runIf(here && has('g++') && headers)(`built against ${directory}`, () => {
  const build = (folder: string, made: string) =>
    spawnSync(process.execPath, [join(root, 'scripts/build_stream.mjs'), directory, made, folder], {
      encoding: 'utf8',
    });

  test('loads', () => {
    const { found } = streamOf(file => {
      expect(build(dirname(file), version())).toMatchObject({ status: 0, stdout: `${file}\n` });
    });
    expect(found.reason).toBe('');
  });

  test.runIf('file' in emulated)('tells no stream of a kernel on the CPU, which then waits', () => {
    const folder = temporaryFolder();
    build(folder, version());
    const program = `
      addon.tensorflow.register();
      const { binding } = tf.backend();
      const attributes = [{ name: 'options', type: binding.TF_ATTR_STRING, value: '4 1 2 0 0 0 0 0 0 0 0' }];
      const inputs = [tf.ones([3, 4]), tf.ones([3, 4]), tf.ones([2, 4]), tf.ones([2])];
      const [out] = tf.backend().executeMultipleOutputs('FracDepth', attributes, inputs, 1);
      addon.emulator.fail('cudaDeviceSynchronize', 719);
      let message;
      try { tf.backend().executeMultipleOutputs('FracDepth', attributes, inputs, 1); } catch (error) { message = error.message; }
      say([addon.tensorflow.stream().reason, [...out.dataSync()], message]);`;
    expect(runBeside(folder, (emulated as { file: string }).file, program)).toEqual([
      '',
      Array(12).fill(3),
      expect.stringContaining('FracDepth: cudaDeviceSynchronize()'),
    ]);
  });
});
