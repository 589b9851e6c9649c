import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Outcome, run } from './support/child.js';
import {
  allCases,
  copyConsumer,
  expectCases,
  expectFallback,
  expectNative,
  prebuilt,
  replace,
  runProgram,
  said,
} from './support/consumer.js';
import { root } from './support/folders.js';
import { type Arch, MUSL_NODES, muslBun, muslNode, NODE } from './support/musl.js';
import { binaryIn, testPlatform } from './support/platform_tests.js';

// The binaries for musl, the C library of Alpine, in a Node that is built for it. `npm run test:platforms` builds them.

const QEMU = 'qemu-aarch64-static';

/** The command line of Node up to the program, or why these tests cannot run. */
function findNode(arch: Arch): { command: string[] } | { reason: string } {
  if (process.arch !== 'x64') return { reason: `this machine is ${process.arch}` };
  if (!existsSync(join(root, `prebuilds/linux-${arch}/frac-connections.musl.node`)))
    return { reason: 'no binary; npm run test:platforms builds it' };
  if (arch !== process.arch && spawnSync(QEMU, ['--version']).status !== 0) return { reason: `no ${QEMU}` };
  const node = muslNode(arch);
  if ('reason' in node || arch === process.arch) return node;
  return { command: [QEMU, ...node.command] };
}

/** Tests on musl, with what runs a program of a folder there. */
function onMusl(arch: Arch, tests: (runNode: RunNode) => void): void {
  const node = findNode(arch);
  if ('reason' in node && process.env.FRAC_CONNECTIONS_REQUIRE_MUSL === '1')
    throw new Error(`FRAC_CONNECTIONS_REQUIRE_MUSL is 1, but: ${node.reason}`);
  const [program, ...args] = 'reason' in node ? [''] : node.command;
  const skipped = 'reason' in node ? ` (skipped: ${node.reason})` : '';
  describe.skipIf('reason' in node)(`linux-${arch} with musl${skipped}`, () =>
    tests((folder, rest, env) => run(program!, [...args, ...rest], { cwd: folder, env })),
  );
}
type RunNode = (folder: string, args: string[], env?: Record<string, string>) => Outcome;

onMusl('x64', runNode => {
  testPlatform({ name: 'linux-x64-musl', version: `v${NODE}`, project: copyConsumer, runNode });

  const others = Object.keys(MUSL_NODES).filter(version => version !== NODE) as (keyof typeof MUSL_NODES)[];
  test.each<[string, () => ReturnType<typeof muslNode>]>([
    ...others.map(version => [`Node ${version}`, () => muslNode('x64', version)] as [string, typeof muslBun]),
    ['Bun', muslBun],
  ])('%s has the kernels', (_, find) => {
    const found = find();
    if ('reason' in found) throw new Error(found.reason);
    const [program, ...args] = found.command;
    const folder = copyConsumer();
    const [given] = said(run(program, [...args, 'main.mjs'], { cwd: folder, env: found.env }));
    expectNative(given!, binaryIn(folder, 'linux-x64-musl'));
  });

  test('it finds the SIMD targets that Node for glibc finds here', () => {
    const folder = copyConsumer();
    const [given] = said(runNode(folder, ['main.cjs']));
    const { simd } = runProgram(folder, 'main.cjs').native as { simd: object };
    expect(given!.native).toMatchObject({ simd });
  });

  test('doctor names the C library', () => {
    const folder = copyConsumer();
    const cli = join(folder, 'node_modules/frac-connections/dist/esm/cli/main.js');
    expect(runNode(folder, [cli, 'doctor']).stdout).toMatch(/Linux .*, musl\n/);
  });

  test('in place of the binary for glibc it is refused there with a reason', () => {
    const folder = copyConsumer();
    replace(prebuilt(folder), readFileSync(binaryIn(folder, 'linux-x64-musl')));
    expectFallback(runProgram(folder, 'main.mjs'), /frac-connections\.glibc\.node: .*libc\.so/);
  });
});

onMusl('arm64', runNode => {
  test('an ES module has the values and gradients of every reference case, on the kernels in NEON', () => {
    const folder = copyConsumer(allCases);
    const [given] = said(runNode(folder, ['main.mjs']));
    expect(given!.machine).toEqual({ version: `v${NODE}`, platform: 'linux', arch: 'arm64' });
    expect(given!.runtime).toMatchObject({ backend: 'cpu', path: 'native' });
    expect(given!.native).toMatchObject({
      binary: binaryIn(folder, 'linux-arm64-musl'),
      simd: { target: 'baseline', available: ['baseline'] },
    });
    expectCases(given!, allCases);
  });
});
