// The platforms that the package has binaries for, and how each is built on Linux x64. The libc is in a file's name because
// node-gyp-build looks for it there.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../common/child.mjs';
import { ROOT } from '../common/paths.mjs';
import { SetupError } from '../common/terminal.mjs';
import { checkTools, cudaOptions } from '../setup/native.mjs';
import { runLoud } from '../setup/optional.mjs';
import { buildArm64, checkCrossTools, STRIP } from './arm64.mjs';
import { addStreamLibraries } from './stream_libraries.mjs';
import { buildWithZig } from './zig.mjs';

async function checkNvcc() {
  if ((await run('nvcc', ['--version'])).code === 0) return;
  throw new SetupError('linux-x64 is released with its CUDA kernels, and there is no nvcc: install CUDA 13');
}

/** The addon for this machine, built by its own compiler. A release has CUDA; a test build has it if set-up would build it. */
async function buildHere(file, folder, { release, say }) {
  if (release) await checkNvcc();
  const options = release ? ['-DFRAC_CUDA=ON'] : cudaOptions();
  runLoud(process.execPath, join(ROOT, 'scripts', 'build_native.mjs'), ...options);
  copyFileSync(join(ROOT, 'build', 'Release', 'frac_connections.node'), file);
  runLoud('strip', '--strip-all', file);
  await addStreamLibraries(folder, say);
}

function buildAcross(file) {
  copyFileSync(buildArm64('frac_connections'), file);
  runLoud(STRIP, '--strip-all', file);
}

const withZig = platform => ({
  ...platform,
  check: checkTools,
  build: async file => copyFileSync(await buildWithZig(platform), file),
});

const LINUX = { system: 'linux' };

/**
 * `zig` is what zig calls a platform that it builds. `build` makes the file, and others that belong into its folder.
 */
export const PLATFORMS = [
  { name: 'linux-x64', ...LINUX, arch: 'x64', libc: 'glibc', check: checkTools, build: buildHere },
  { name: 'linux-arm64', ...LINUX, arch: 'arm64', libc: 'glibc', check: checkCrossTools, build: buildAcross },
  withZig({ name: 'linux-x64-musl', ...LINUX, arch: 'x64', libc: 'musl', zig: 'x86_64-linux-musl' }),
  withZig({ name: 'linux-arm64-musl', ...LINUX, arch: 'arm64', libc: 'musl', zig: 'aarch64-linux-musl' }),
  withZig({ name: 'darwin-arm64', system: 'darwin', arch: 'arm64', zig: 'aarch64-macos.11.0' }),
  withZig({ name: 'darwin-x64', system: 'darwin', arch: 'x64', zig: 'x86_64-macos.11.0' }),
  withZig({ name: 'win32-x64', system: 'win32', arch: 'x64', zig: 'x86_64-windows-gnu' }),
];

/** Where the addon of a platform is in the package. */
export const fileOf = ({ system, arch, libc }) =>
  join('prebuilds', `${system}-${arch}`, ['frac-connections', ...(libc ? [libc] : []), 'node'].join('.'));
