import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { unloadable } from '../../lib/addon/unloadable.js';
import { checkBinary } from '../../scripts/prebuild/binaries.mjs';
import { fileOf, PLATFORMS } from '../../scripts/prebuild/platforms.mjs';
import { prebuilt } from './support/consumer.js';
import { root, temporaryFolder } from './support/folders.js';

const names = PLATFORMS.map(({ name }: { name: string }) => name);

/** The files of the package. */
const tarball = () =>
  execFileSync('tar', ['-tzf', inject('tarball')], { encoding: 'utf8' })
    .split('\n')
    .map(name => name.replace('package/', ''));

test('README’s table has the platforms that the package is built for', () => {
  const rows = readFileSync(join(root, 'README.md'), 'utf8').match(
    /^\| (`(linux|darwin|win32)-\S+`,? )+\|.*$/gm,
  )!;
  expect(rows.flatMap(row => row.split(' | ')[0]!.match(/[\w-]+/g)!).sort()).toEqual([...names].sort());
});

test('each has a subpath for bundlers', () => {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const subpaths = Object.keys(exports).filter(path => path.startsWith('./native/'));
  expect(subpaths.sort()).toEqual(names.map((name: string) => `./native/${name}`).sort());
  const list = tarball();
  for (const platform of PLATFORMS) {
    const source = readFileSync(join(root, 'lib', 'addon', 'binaries', `${platform.name}.cjs`), 'utf8');
    expect(source).toContain(`'${platform.name}', () =>`);
    expect(source).toContain(`require('../../../../${fileOf(platform)}')`);
    for (const end of ['cjs', 'd.cts'])
      expect(list).toContain(`dist/cjs/addon/binaries/${platform.name}.${end}`);
  }
});

test('the tarball has the binaries that are built, and no other', () => {
  const binaries = tarball().filter(name => name.endsWith('.node'));
  const built = PLATFORMS.map(fileOf).filter((file: string) => existsSync(join(root, file)));
  expect(binaries.sort()).toEqual(built.sort());
});

test('a binary for another processor or C library is refused', () => {
  const file = prebuilt(inject('consumer'), 'arm64');
  expect(() => checkBinary(file, { system: 'linux', arch: 'arm64', libc: 'glibc' })).not.toThrow();
  expect(() => checkBinary(file, { system: 'linux', arch: 'x64', libc: 'glibc' })).toThrow(
    'must be for x64, but is for AArch64',
  );
  expect(() => checkBinary(file, { system: 'linux', arch: 'arm64', libc: 'musl' })).toThrow(
    'needs libm.so.6',
  );
});

type Change = (bytes: Buffer) => Buffer | number | string;

/** Tests on the binary of a platform, with a function that makes a changed copy of it. */
function onBinary(
  name: string,
  tests: (file: string, platform: Platform, changed: (change: Change) => string) => void,
) {
  const platform = PLATFORMS.find((each: Platform) => each.name === name)!;
  const file = join(root, fileOf(platform));
  const absent = existsSync(file) ? '' : ' (skipped: no binary; npm run test:platforms builds it)';
  const changed = (change: Change) => {
    const bytes = readFileSync(file);
    const result = change(bytes);
    const copy = join(temporaryFolder(), 'changed.node');
    writeFileSync(copy, Buffer.isBuffer(result) ? result : bytes);
    return copy;
  };
  describe.skipIf(absent !== '')(`${name}${absent}`, () => tests(file, platform, changed));
}
type Platform = (typeof PLATFORMS)[number];

// No machine of ours can run them.
for (const { name, arch } of PLATFORMS.filter(({ system }: Platform) => system === 'darwin'))
  onBinary(name, (mac, platform, changed) => {
    const machine = { platform: 'darwin', arch };
    const other = { arm64: 'x64', x64: 'arm64' }[arch as 'arm64' | 'x64'];
    const rename = (from: string, to: string) => (bytes: Buffer) => {
      const at = bytes.lastIndexOf(`${from}\0`); // in the table of symbols, which comes after what the loader reads
      expect(at).toBeGreaterThan(0);
      return bytes.write(to, at, 'latin1');
    };

    test('is one that the loader takes there, if it is whole', () => {
      expect(unloadable(mac, machine)).toBeUndefined();
      expect(
        unloadable(
          changed(bytes => bytes.subarray(0, -1)),
          machine,
        ),
      ).toMatch(/is truncated: it has/);
      expect(unloadable(mac, { platform: 'darwin', arch: other })).toMatch(
        `made for ${arch}, not for ${other}`,
      );
      expect(unloadable(mac, { platform: 'linux', arch })).toMatch(/is made for macOS, not for Linux$/);
    });

    const unsigned: [string, Change, RegExp] = [
      'without a signature',
      bytes => bytes.writeUInt32BE(0, bytes.lastIndexOf('fade0c02', 'hex') + 12),
      /ad-hoc signature/,
    ];

    test.each<[string, Change, RegExp]>([
      ...(arch === 'arm64' ? [unsigned] : []),
      [
        'for another processor',
        bytes => bytes.writeUInt32LE(0x01000012, 4),
        new RegExp(`must be for ${arch}`),
      ],
      [
        'with another library',
        rename('/usr/lib/libSystem.B.dylib', '/usr/lib/libSystem.X'),
        /must need libSystem alone/,
      ],
      [
        'in want of a function that is not Node’s',
        rename('_napi_throw', '_nap1_throw'),
        /wants _nap1_throw$/,
      ],
      [
        'that does not show its entry',
        rename('_napi_register_module_v1', '_napi_register_module_v2'),
        /must export/,
      ],
    ])('%s would be refused', (_, change, reason) => {
      expect(() => checkBinary(mac, platform)).not.toThrow();
      expect(() => checkBinary(changed(change), platform)).toThrow(reason);
    });
  });

onBinary('win32-x64', (dll, platform, changed) => {
  test.each<[string, Change, RegExp]>([
    [
      'with another library',
      bytes => bytes.write('KERNELX2', bytes.lastIndexOf('KERNEL32.dll')),
      /needs KERNELX2/,
    ],
    [
      'that does not show its entry',
      bytes => bytes.write('napi_register_module_v2', bytes.lastIndexOf('napi_register_module_v1')),
      /must export/,
    ],
    [
      'that is always loaded at the same address',
      bytes => bytes.writeUInt16LE(0x100, bytes.readUInt32LE(60) + 24 + 70),
      /lacks HIGH_ENTROPY_VA,DYNAMIC_BASE/,
    ],
  ])('%s would be refused', (_, change, reason) => {
    expect(() => checkBinary(dll, platform)).not.toThrow();
    expect(() => checkBinary(changed(change), platform)).toThrow(reason);
  });
});
