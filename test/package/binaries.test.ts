import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { succeed } from './support/child.js';
import { copyConsumer, expectFallback, prebuilt, replace, runProgram } from './support/consumer.js';
import { remove, temporaryFolder } from './support/folders.js';

const compiler = ['cc', 'gcc', 'clang'].find(name => spawnSync(name, ['--version']).status === 0);
const { include_dir: headers } = createRequire(import.meta.url)('node-api-headers') as {
  include_dir: string;
};

const other = process.arch === 'x64' ? 'arm64' : 'x64';

/** An addon made of a source in test/package/addons; what it refers to is looked up as it loads. */
function compile(name: string): Buffer {
  const folder = temporaryFolder();
  const source = join(import.meta.dirname, 'addons', `${name}.c`);
  const output = ['-shared', '-fPIC', '-Wl,-z,now', '-o', 'addon.node'];
  succeed(compiler!, [`-I${headers}`, source, ...output], { cwd: folder });
  return readFileSync(join(folder, 'addon.node'));
}

/** What the package says, once the binary of this machine is another file. */
function withBinary(change: (binary: string, folder: string) => Buffer | string) {
  const folder = copyConsumer();
  const file = prebuilt(folder);
  replace(file, change(file, folder));
  return { file, given: runProgram(folder, 'main.mjs') };
}

describe('a binary that is', () => {
  test('removed leaves the fallback, and where it was looked for', () => {
    const folder = copyConsumer();
    const file = prebuilt(folder);
    remove(file);
    const wanted =
      /^No native build was found for platform=linux arch=x64 .*libc=glibc.* loaded from: (\S+)$/;
    const given = runProgram(folder, 'main.cjs');
    expectFallback(given, wanted);
    const [reason] = (given.native as { reasons: string[] }).reasons;
    expect(`${wanted.exec(reason!)![1]}/`).toBe(file.slice(0, file.indexOf('prebuilds')));
  });

  test('removed with its folder, or with all others, leaves the fallback', () => {
    const folder = copyConsumer();
    remove(dirname(prebuilt(folder)));
    expectFallback(runProgram(folder, 'main.mjs'), /^No native build was found /);
    remove(dirname(dirname(prebuilt(folder))));
    expectFallback(runProgram(folder, 'main.mjs'), /^No native build was found /);
  });

  test.each<[string, (binary: string, folder: string) => Buffer | string, string]>([
    [
      'for another processor',
      (_, folder) => readFileSync(prebuilt(folder, other)),
      `made for ${other}, not for ${process.arch}`,
    ],
    ['for macOS', () => Buffer.from('cffaedfe0700000103000000', 'hex'), 'made for macOS, not for Linux'],
    ['for Windows', () => `MZ${'\0'.repeat(998)}`, 'made for Windows, not for Linux'],
    ['empty', () => '', 'empty'],
    ['a text', () => 'Not found\n'.repeat(99), 'not a shared library (no ELF header)'],
  ])('%s leaves the fallback, and the reason', (_, change, reason) => {
    const { file, given } = withBinary(change);
    expectFallback(given, `${file} is ${reason}`);
  });

  test('truncated leaves the fallback, and the reason has both sizes', () => {
    let size = 0;
    const { file, given } = withBinary(binary => {
      const bytes = readFileSync(binary);
      size = bytes.length;
      return bytes.subarray(0, size / 2);
    });
    expectFallback(given, `${file} is truncated: it has ${Math.floor(size / 2)} of ${size} bytes`);
  });

  describe.skipIf(!compiler)(compiler ? 'compiled' : 'compiled (skipped: no C compiler)', () => {
    test.each([
      [
        'for an older ABI',
        'old_abi',
        / was compiled against a different Node\.js version using,? NODE_MODULE_VERSION 72\. This version of Node\.js requires,? NODE_MODULE_VERSION \d+\./,
      ],
      [
        'for an older version of this package',
        'old_version',
        / is not the addon of this version: it does not export fracWidthGrad, fracDepth, fracDepthGrad, .*, setTarget$/,
      ],
      ['in want of a symbol', 'missing_symbol', /: undefined symbol: napi_of_another_age$/],
    ])('%s leaves the fallback, and the reason', (_, source, reason) => {
      const { file, given } = withBinary(() => compile(source));
      expectFallback(given, reason);
      expect((given.native as { reasons: string[] }).reasons[0]).toContain(file);
    });
  });
});
