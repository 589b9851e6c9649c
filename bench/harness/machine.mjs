// The machine, the commit and the versions of a measurement.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, totalmem } from 'node:os';

const require = createRequire(import.meta.url);

/** A SIMD target that the environment sets makes a machine of another kind. */
const limit = () =>
  process.env.FRAC_CONNECTIONS_SIMD ? `, limited to ${process.env.FRAC_CONNECTIONS_SIMD}` : '';

export const machine = () => ({
  cpu: `${cpus()[0]?.model.trim() ?? 'unknown'}${limit()}`,
  cores: availableParallelism(),
  memoryGB: Math.round(totalmem() / 1e9),
  system: `${process.platform} ${process.arch}`,
});

export const versions = () => ({
  node: process.versions.node,
  tfjs: require('@tensorflow/tfjs-core/package.json').version,
  'frac-connections': JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    .version,
});

// Results and the report change during a benchmark, and do not affect what is measured.
const SOURCES = ['--', ':(top)', ':(top,exclude)bench/results', ':(top,exclude)bench/REPORT.md'];

/** The short commit, with `+` if tracked files have changed since; 'unknown' outside of a git repository. */
export function commit() {
  const git = (...args) =>
    execFileSync('git', args, { encoding: 'utf8', stdio: 'pipe', cwd: import.meta.dirname });
  try {
    const head = git('rev-parse', '--short', 'HEAD').trim();
    return git('status', '--porcelain', '--untracked-files=no', ...SOURCES).trim() === '' ? head : `${head}+`;
  } catch (error) {
    if (error.code === 'ENOENT' || error.status === 128) return 'unknown';
    throw error;
  }
}

export const today = () => new Date().toISOString().slice(0, 10);
