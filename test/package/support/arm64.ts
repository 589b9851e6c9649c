import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { NODE_VERSIONS, nodeBinary } from '../../tensorflow/node_binaries.js';
import { run } from './child.js';
import { copyConsumer, expectCases, fewCases, prebuilt, said } from './consumer.js';

const QEMU = 'qemu-aarch64-static';
/** Debian's libraries for programs of that processor. */
const LIBRARIES = '/usr/aarch64-linux-gnu';

/** Why no arm64 program runs here. */
function findObstacle(): string | undefined {
  if (process.arch !== 'x64') return `this machine is ${process.arch}`;
  if (spawnSync(QEMU, ['--version']).status !== 0) return `no ${QEMU}`;
  if (!existsSync(`${LIBRARIES}/lib/libstdc++.so.6`)) return `no libstdc++ in ${LIBRARIES}`;
  const node = nodeBinary(NODE_VERSIONS[0]!, 'arm64');
  return 'reason' in node ? node.reason : undefined;
}

const obstacle = findObstacle();
if (obstacle !== undefined && process.env.FRAC_CONNECTIONS_REQUIRE_ARM64 === '1') {
  throw new Error(`FRAC_CONNECTIONS_REQUIRE_ARM64 is 1, but: ${obstacle}`);
}
const skipped = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;

/** Expects a program to have the results of the cases on the kernels in NEON. Returns what it says. */
export function expectNeon(binary: { path: string } | { reason: string }, args: string[], cases = fewCases) {
  if ('reason' in binary) throw new Error(binary.reason);
  const folder = copyConsumer(cases);
  const env = { QEMU_LD_PREFIX: LIBRARIES };
  const [given] = said(run(QEMU, [binary.path, ...args], { cwd: folder, env }));
  expect(given!.machine).toMatchObject({ platform: 'linux', arch: 'arm64' });
  expect(given!.runtime).toMatchObject({ backend: 'cpu', path: 'native' });
  expect(given!.native).toMatchObject({
    binary: prebuilt(folder, 'arm64'),
    simd: { target: 'baseline', available: ['baseline'] },
  });
  expectCases(given!, cases);
  return given!;
}

/** Tests on programs for arm64, where they can run. */
export function onArm64(tests: () => void): void {
  describe.skipIf(obstacle !== undefined)(`on arm64${skipped}`, tests);
}
