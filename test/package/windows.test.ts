import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { copyConsumer, expectFallback, expectNative, prebuilt, replace, said } from './support/consumer.js';
import { root } from './support/folders.js';
import { binaryIn, testPlatform } from './support/platform_tests.js';
import { type RunWindows, WINDOWS_NODES, windowsNode, windowsPath } from './support/wine.js';

// The binary for Windows, in Node for Windows under Wine. `npm run test:platforms` builds it.

const NAME = 'win32-x64';
const BINARY = 'prebuilds/win32-x64/frac-connections.node';
const VERSION = WINDOWS_NODES[0]!;

/** Tests on Windows, with what runs a program of a folder there. */
function onWindows(version: string, tests: (runNode: RunWindows) => void): void {
  const node = !existsSync(join(root, BINARY))
    ? { reason: 'no binary; npm run test:platforms builds it' }
    : process.arch !== 'x64'
      ? { reason: `this machine is ${process.arch}` }
      : windowsNode(version);
  if ('reason' in node && process.env.FRAC_CONNECTIONS_REQUIRE_WINE === '1')
    throw new Error(`FRAC_CONNECTIONS_REQUIRE_WINE is 1, but: ${node.reason}`);
  const skipped = 'reason' in node ? ` (skipped: ${node.reason})` : '';
  describe.skipIf('reason' in node)(`Windows, Node ${version}${skipped}`, () => {
    if ('runNode' in node) tests(node.runNode);
  });
}

for (const version of WINDOWS_NODES)
  onWindows(version, runNode => {
    testPlatform({ name: NAME, version: `v${version}`, project: copyConsumer, runNode, seen: windowsPath });
  });

onWindows(VERSION, runNode => {
  test('a program of another name that contains Node has the kernels too', () => {
    const other = windowsNode(VERSION, 'electron.exe');
    if ('reason' in other) throw new Error(other.reason);
    const folder = copyConsumer();
    const [given] = said(other.runNode(folder, ['main.mjs']));
    expectNative(given!, windowsPath(binaryIn(folder, NAME)));
  });

  test('build says what it needs and how to install that', () => {
    const cli = join('node_modules', 'frac-connections', 'dist', 'esm', 'cli', 'main.js');
    const { status, stdout, stderr } = runNode(copyConsumer(), [cli, 'build']);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain('build: this machine lacks tools that the build needs\n');
    expect(stderr).toContain(
      'CMake: not found (looked for cmake); to install it: winget install Kitware.CMake\n',
    );
    expect(stderr).toMatch(/Visual Studio .* with Clang: not found .*vswhere\.exe.*Llvm\.ClangToolset"\n/);
  });

  test('doctor says why there is no CUDA', () => {
    const cli = join('node_modules', 'frac-connections', 'dist', 'esm', 'cli', 'main.js');
    expect(runNode(copyConsumer(), [cli, 'doctor']).stdout).toContain(
      'built without CUDA, which the package has for linux-x64 only; WSL 2 is Linux and has it\n',
    );
  });

  test('a TensorFlow is found by the name of its library', () => {
    const folder = copyConsumer();
    // Any library does: what counts is that its functions are looked for.
    const code = `
      const addon = require('./node_modules/frac-connections/${BINARY}');
      const before = addon.tensorflow.register().reasons;
      process.dlopen({ exports: {} }, require('node:path').resolve('tensorflow.dll'));
      console.log(JSON.stringify([before, addon.tensorflow.register().reasons[0]]));`;
    writeFileSync(join(folder, 'tensorflow.dll'), binary());
    writeFileSync(join(folder, 'find.cjs'), code);
    const { status, stdout, stderr } = runNode(folder, ['find.cjs']);
    expect([status, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual([
      ['no TensorFlow library is loaded in this process'],
      'the TensorFlow library in this process has no function TF_Version',
    ]);
  });

  const binary = () => readFileSync(join(root, BINARY));
  test.each<[string, () => Buffer | string, RegExp]>([
    ['truncated', () => binary().subarray(0, -1), /is truncated: it has \d+ of \d+ bytes/],
    ['empty', () => '', /is empty/],
    ['text', () => 'not a library', /is not a shared library \(no PE header\)/],
    ['made for Linux', () => readFileSync(prebuilt(copyConsumer())), /is made for Linux, not for Windows/],
    ['a library that is no addon', () => withoutEntry(binary()), /Module did not self-register|napi/],
  ])('%s, it leaves the fallback with a reason', (_, bytes, reason) => {
    const folder = copyConsumer();
    replace(binaryIn(folder, NAME), bytes());
    expectFallback(said(runNode(folder, ['main.mjs']))[0]!, reason);
  });
});

/** The binary without the function that Node calls first. */
function withoutEntry(bytes: Buffer): Buffer {
  bytes.write('napi_register_module_vX', bytes.indexOf('napi_register_module_v1\0'), 'latin1');
  return bytes;
}
