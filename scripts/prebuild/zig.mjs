// Cross-compiles the addon with zig, which is Clang with the C and C++ libraries of other systems. It comes from the package index
// that pip uses, once for all checkouts.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { run } from '../common/child.mjs';
import { CACHE, ROOT } from '../common/paths.mjs';
import { findPython } from '../common/python.mjs';
import { SetupError } from '../common/terminal.mjs';
import { headers } from './headers.mjs';

export const ZIG = {
  version: '0.17.1',
  /** Of its Clang and C++ library. */
  llvm: '22.1.8',
  /** Of the wheel for Linux x64. */
  sha256: 'ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54',
};

let zig;
/** The program, downloaded the first time: 100 MB. */
const findZig = () => (zig ??= fetchZig());

async function fetchZig() {
  const folder = join(CACHE, `zig-${ZIG.version}`);
  const program = join(folder, 'ziglang', 'zig');
  if (existsSync(program)) return program;
  const python = await findPython();
  mkdirSync(CACHE, { recursive: true });
  const temporary = mkdtempSync(`${folder}.tmp-`);
  try {
    const wanted = join(temporary, 'requirements.txt');
    writeFileSync(wanted, `ziglang==${ZIG.version} --hash=sha256:${ZIG.sha256}\n`);
    const options = ['--only-binary=:all:', '--no-deps', '--require-hashes', '--quiet'];
    const args = ['-m', 'pip', 'install', '--target', temporary, ...options, '--requirement', wanted];
    const { code, stderr } = await run(python, args);
    if (code !== 0) throw new SetupError(`pip cannot get ziglang ${ZIG.version}: ${stderr.trim()}`);
    renameSync(temporary, folder);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (!existsSync(program)) throw error; // else another process was faster
  }
  return program;
}

/** Not shown unless it fails: several platforms are built at once. */
async function cmake(...args) {
  const { code, stdout, stderr, error } = await run('cmake', args);
  if (code !== 0) throw new SetupError(`cmake failed: ${error?.message ?? stdout + stderr}`);
}

/** What CMake needs to know of a system. The linker leaves out the symbols that `strip` would remove. */
const SYSTEMS = {
  linux: arch => [
    '-DCMAKE_SYSTEM_NAME=Linux',
    `-DCMAKE_SYSTEM_PROCESSOR=${{ x64: 'x86_64', arm64: 'aarch64' }[arch]}`,
    '-DCMAKE_MODULE_LINKER_FLAGS=-s',
  ],
  darwin: arch => [
    '-DCMAKE_SYSTEM_NAME=Darwin',
    `-DCMAKE_OSX_ARCHITECTURES=${{ x64: 'x86_64', arm64: 'arm64' }[arch]}`,
    '-DCMAKE_OSX_SYSROOT=', // zig has its own
    // CMake would name the library by its place on this machine.
    '-DCMAKE_SHARED_LINKER_FLAGS=-Wl,-x -Wl,-S -Wl,-install_name,frac_connections.node',
  ],
  win32: arch => [
    '-DCMAKE_SYSTEM_NAME=Windows',
    `-DCMAKE_SYSTEM_PROCESSOR=${{ x64: 'x86_64', arm64: 'aarch64' }[arch]}`,
    '-DCMAKE_MODULE_LINKER_FLAGS=-s',
  ],
};

/**
 * Builds the addon without CUDA for another machine. Returns its file, which has no symbols to strip.
 *
 * @param {{ name: string, system: string, arch: string, zig: string }} platform `zig` is what zig calls the machine
 */
export async function buildWithZig({ name, system, arch, zig: target }) {
  const program = await findZig();
  const out = join(ROOT, 'build', name);
  mkdirSync(out, { recursive: true });
  const compiler = join(out, 'c++'); // CMake wants a program without arguments
  writeFileSync(compiler, `#!/bin/sh\nexec '${program}' c++ -target ${target} "$@"\n`, { mode: 0o755 });
  const machine = [
    ...SYSTEMS[system](arch),
    `-DCMAKE_CXX_COMPILER=${compiler}`,
    '-DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY', // a program would need the whole C library compiled first
  ];
  const options = ['-DFRAC_CUDA=OFF', `-DCMAKE_JS_INC=${headers()}`, '--log-level=ERROR'];
  await cmake('-S', ROOT, '-B', out, ...machine, ...options);
  await cmake('--build', out, '--parallel', String(availableParallelism()));
  return join(out, 'frac_connections.node');
}
