#!/usr/bin/env node
// Builds the library that tells TensorFlow's CUDA stream (native/tensorflow/stream) for a TensorFlow that need not be the
// prepared one: for a binary package, say. Set-up builds it for a TensorFlow with C++ headers by itself.
//
//   node scripts/build_stream.mjs DIR VERSION [OUT]
//
// DIR: a folder with libtensorflow_framework.so.2, and its C++ headers in include/: that of an unpacked wheel's tensorflow/
// VERSION: what its TF_Version() says, such as 2.9.1
// OUT: build/Release unless given
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FRAMEWORK, hasCppHeaders, includeOf } from './setup/libraries.mjs';
import { buildStream } from './setup/stream.mjs';
import { SetupError } from './setup/terminal.mjs';

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
