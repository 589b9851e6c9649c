import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { NODE_VERSIONS, nodeBinary } from '../tensorflow/node_binaries.js';
import { run } from './support/child.js';
import { allCases, copyConsumer, expectCases, fewCases, prebuilt, said } from './support/consumer.js';

const QEMU = 'qemu-aarch64-static';
/** Debian's libraries for programs of that processor. */
const LIBRARIES = '/usr/aarch64-linux-gnu';

/** An arm64 Node, or why there is none that runs here. */
function findNode(): { path: string } | { reason: string } {
  if (process.arch !== 'x64') return { reason: `this machine is ${process.arch}` };
  if (spawnSync(QEMU, ['--version']).status !== 0) return { reason: `no ${QEMU}` };
  if (!existsSync(`${LIBRARIES}/lib/libstdc++.so.6`)) return { reason: `no libstdc++ in ${LIBRARIES}` };
  return nodeBinary(NODE_VERSIONS[0]!, 'arm64');
}

const node = findNode();
const reason = 'reason' in node ? node.reason : undefined;
if (reason !== undefined && process.env.FRAC_CONNECTIONS_REQUIRE_ARM64 === '1') {
  throw new Error(`FRAC_CONNECTIONS_REQUIRE_ARM64 is 1, but: ${reason}`);
}

describe.skipIf(reason !== undefined)(
  `on arm64${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  () => {
    test.each([
      ['an ES module has the values and gradients of every reference case', 'main.mjs', allCases],
      ['CommonJS has those of a few', 'main.cjs', fewCases],
    ])('%s, on the kernels in NEON', (_, program, cases) => {
      const folder = copyConsumer(cases);
      const { path } = node as { path: string };
      const [given] = said(run(QEMU, [path, program], { cwd: folder, env: { QEMU_LD_PREFIX: LIBRARIES } }));
      expect(given!.machine).toEqual({ version: `v${NODE_VERSIONS[0]}`, platform: 'linux', arch: 'arm64' });
      expect(given!.runtime).toMatchObject({ backend: 'cpu', path: 'native' });
      expect(given!.native).toMatchObject({
        binary: prebuilt(folder, 'arm64'),
        simd: { target: 'baseline', available: ['baseline'] },
      });
      expectCases(given!, cases);
    });
  },
);
