#!/usr/bin/env node
// Builds the binaries of the package in prebuilds/: linux-x64 with CUDA and with the libraries that return TensorFlow's
// stream, linux-arm64 for the CPU. Also writes the list of their contents, sbom.cdx.json.
//
//   npm run build:prebuilds                    all binaries; fails if a tool is missing, such as nvcc of CUDA 13 npm
//   run build:prebuilds -- --available     the binaries that the tools here can build, for tests; prints what it leaves
//   out
//
// CMake builds; prebuildify strips the files and names them so that node-gyp-build finds the right one.
import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import prebuildify from 'prebuildify';
import { run } from './common/child.mjs';
import { ROOT } from './common/paths.mjs';
import { SetupError } from './common/terminal.mjs';
import { buildArm64, checkCrossTools, STRIP } from './prebuild/arm64.mjs';
import { checkBinary } from './prebuild/binaries.mjs';
import { writeSbom } from './prebuild/sbom.mjs';
import { addStreamLibraries } from './prebuild/stream_libraries.mjs';
import { checkTools, cudaOptions } from './setup/native.mjs';
import { main, runLoud } from './setup/optional.mjs';

const NAME = 'frac_connections.node';
const TARGET = join(ROOT, 'prebuilds');
const available = process.argv.includes('--available');
const say = text => console.log(`prebuilds   ${text}`);

async function checkNvcc() {
  if ((await run('nvcc', ['--version'])).code === 0) return;
  throw new SetupError('linux-x64 is released with its CUDA kernels, and there is no nvcc: install CUDA 13');
}

/** The options of CMakeLists.txt for linux-x64. A release has CUDA; a test build has it if set-up would build it. */
async function x64Options() {
  if (available) return cudaOptions();
  await checkNvcc();
  return ['-DFRAC_CUDA=ON'];
}

const PLATFORMS = [
  {
    arch: 'x64',
    strip: 'strip',
    check: checkTools,
    async build(folder) {
      const options = await x64Options();
      runLoud(process.execPath, join(ROOT, 'scripts', 'build_native.mjs'), ...options);
      copyFileSync(join(ROOT, 'build', 'Release', NAME), join(folder, NAME));
      await addStreamLibraries(folder, say);
    },
  },
  {
    arch: 'arm64',
    strip: STRIP,
    check: checkCrossTools,
    build: folder => copyFileSync(buildArm64('frac_connections'), join(folder, NAME)),
  },
];

/**
 * Strips and names the files in `stage`/build/Release. The build step of prebuildify is disabled, because they are
 * already built.
 */
const pack = (stage, out, { arch, strip }) =>
  new Promise((done, fail) => {
    const settings = { platform: 'linux', arch, libc: 'glibc', tagLibc: 'glibc', napi: true, strip: true };
    const folders = { cwd: stage, out, stripBin: strip, nodeGyp: 'true', targets: [process.version] };
    prebuildify({ ...settings, ...folders, name: 'frac-connections' }, error =>
      error ? fail(error) : done(),
    );
  });

function checkFolder(folder) {
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    // The stream libraries are loaded in a process that has TensorFlow and its C++ library.
    checkBinary(
      file,
      name.startsWith('tensorflow_stream') ? /^lib(tensorflow_framework|stdc\+\+|gcc_s)\.so/ : undefined,
    );
  }
}

async function make(platform, out) {
  const stage = join(ROOT, 'build', 'prebuild', platform.arch);
  const folder = join(stage, 'build', 'Release');
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await platform.build(folder);
  await pack(stage, out, platform);
  checkFolder(join(out, 'prebuilds', `linux-${platform.arch}`));
  say(`linux-${platform.arch} built`);
}

await main('build_prebuilds', async () => {
  const out = join(ROOT, 'build', 'prebuild', 'out');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(join(out, 'prebuilds'), { recursive: true });
  for (const platform of PLATFORMS) {
    try {
      if (process.platform !== 'linux' || process.arch !== 'x64')
        throw new SetupError('it must be built on Linux x64');
      await platform.check();
    } catch (error) {
      if (!(error instanceof SetupError) || !available) throw error;
      say(`linux-${platform.arch} left out: ${error.message}`);
      continue;
    }
    await make(platform, out);
  }
  rmSync(TARGET, { recursive: true, force: true });
  renameSync(join(out, 'prebuilds'), TARGET);
  writeSbom();
});
