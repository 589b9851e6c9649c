#!/usr/bin/env node
// Builds the binaries of the package in prebuilds/, for the platforms in prebuild/platforms.mjs: linux-x64 with CUDA and with
// the libraries that return TensorFlow's stream, the others for the CPU. Also writes the list of their contents,
// sbom.cdx.json.
//
//   npm run build:prebuilds                     all binaries; fails if a tool is missing, such as nvcc of CUDA 13
//   npm run build:prebuilds -- --available      those that the compilers here can build, for tests; prints what it leaves out
//   npm run build:prebuilds -- linux-x64-musl   only those named; the others stay as they are
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './common/paths.mjs';
import { SetupError } from './common/terminal.mjs';
import { checkBinary } from './prebuild/binaries.mjs';
import { fileOf, PLATFORMS } from './prebuild/platforms.mjs';
import { writeSbom } from './prebuild/sbom.mjs';
import { main } from './setup/optional.mjs';

const STAGE = join(ROOT, 'build', 'prebuild');
const available = process.argv.includes('--available');
const names = process.argv.slice(2).filter(each => !each.startsWith('-'));
const say = text => console.log(`prebuilds   ${text}`);

function chosen() {
  const known = PLATFORMS.map(({ name }) => name);
  const unknown = names.filter(name => !known.includes(name));
  if (unknown.length > 0)
    throw new SetupError(`a platform must be one of ${known.join(', ')}, got ${unknown.join(', ')}`);
  return PLATFORMS.filter(({ name }) => names.length === 0 || names.includes(name));
}

async function checkMachine({ zig, check }) {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new SetupError('it must be built on Linux x64');
  if (zig && available) throw new SetupError('zig builds it, in minutes; npm run test:platforms does that');
  await check();
}

/** Builds the files of a platform in a folder of their own, and checks them. */
async function make(platform) {
  const file = join(STAGE, platform.name, fileOf(platform));
  rmSync(join(STAGE, platform.name), { recursive: true, force: true });
  mkdirSync(dirname(file), { recursive: true });
  await platform.build(file, dirname(file), { release: !available && names.length === 0, say });
  for (const name of readdirSync(dirname(file))) checkBinary(join(dirname(file), name), platform);
  say(`${platform.name} built`);
}

/** Puts the files where npm packs them. All are whole by then. */
function place(platforms) {
  if (names.length === 0) rmSync(join(ROOT, 'prebuilds'), { recursive: true, force: true });
  for (const platform of platforms) {
    const folder = dirname(fileOf(platform));
    mkdirSync(join(ROOT, folder), { recursive: true });
    for (const name of readdirSync(join(STAGE, platform.name, folder)))
      renameSync(join(STAGE, platform.name, folder, name), join(ROOT, folder, name));
  }
}

await main('build_prebuilds', async () => {
  const platforms = [];
  for (const platform of chosen()) {
    try {
      await checkMachine(platform);
      platforms.push(platform);
    } catch (error) {
      if (!(error instanceof SetupError) || !available) throw error;
      say(`${platform.name} left out: ${error.message}`);
    }
  }
  for (const platform of platforms.filter(({ zig }) => !zig)) await make(platform);
  // At the same time: zig compiles a platform's C++ library on one core.
  await Promise.all(platforms.filter(({ zig }) => zig).map(make));
  place(platforms);
  writeSbom();
});
