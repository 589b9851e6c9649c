#!/usr/bin/env node
// Builds the library that returns TensorFlow's CUDA stream (native/tensorflow/stream) for any TensorFlow, for example
// for a binary package. Set-up builds it for the prepared TensorFlow if that has C++ headers.
//
//   node scripts/build_stream.mjs DIR VERSION [OUT]
//
// DIR: a folder with libtensorflow_framework.so.2 and C++ headers in include/, such as tensorflow/ in an unpacked wheel
// VERSION: the result of its TF_Version(), such as 2.9.1
// OUT: the folder for the library; default build/Release
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SetupError } from './common/terminal.mjs';
import { buildStream } from './setup/stream.mjs';
import { FRAMEWORK, hasCppHeaders, includeOf } from './tensorflow/libraries.mjs';

async function build(folder, version, out) {
  if (!folder || !/^\d+\.\d+\.\d+/.test(version)) {
    throw new SetupError('usage: node scripts/build_stream.mjs DIR VERSION [OUT]');
  }
  const directory = resolve(folder);
  const include = includeOf(directory);
  if (!existsSync(join(directory, FRAMEWORK))) throw new SetupError(`${directory} has no ${FRAMEWORK}`);
  if (!include || !hasCppHeaders(include))
    throw new SetupError(`${directory} has no C++ headers in include/`);
  return buildStream({ directory, include }, version, out && resolve(out));
}

try {
  console.log(await build(...process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`build_stream: ${error.message}`);
  process.exitCode = 1;
}
