import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { checkBinary } from '../../scripts/prebuild/binaries.mjs';
import { fileOf, PLATFORMS } from '../../scripts/prebuild/platforms.mjs';
import { prebuilt } from './support/consumer.js';
import { root } from './support/folders.js';

const names = PLATFORMS.map(({ name }: { name: string }) => name);

test('README’s table has the platforms that the package is built for', () => {
  const rows = readFileSync(join(root, 'README.md'), 'utf8').match(/^\| (`linux-\S+`,? )+\|.*$/gm)!;
  expect(rows.flatMap(row => row.split(' | ')[0]!.match(/[\w-]+/g)!).sort()).toEqual([...names].sort());
});

test('each has a subpath for bundlers', () => {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const subpaths = Object.keys(exports).filter(path => path.startsWith('./native/'));
  expect(subpaths.sort()).toEqual(names.map((name: string) => `./native/${name}`).sort());
  for (const platform of PLATFORMS) {
    const source = readFileSync(join(root, 'lib', 'addon', 'binaries', `${platform.name}.cjs`), 'utf8');
    expect(source).toContain(`require('../../../../${fileOf(platform)}')`);
  }
});

test('the tarball has the binaries that are built, and no other', () => {
  const list = execFileSync('tar', ['-tzf', inject('tarball')], { encoding: 'utf8' }).split('\n');
  const binaries = list.filter(name => name.endsWith('.node')).map(name => name.replace('package/', ''));
  const built = PLATFORMS.map(fileOf).filter((file: string) => existsSync(join(root, file)));
  expect(binaries.sort()).toEqual(built.sort());
});

test('a binary for another processor or C library is refused', () => {
  const file = prebuilt(inject('consumer'), 'arm64');
  expect(() => checkBinary(file, { arch: 'arm64', libc: 'glibc' })).not.toThrow();
  expect(() => checkBinary(file, { arch: 'x64', libc: 'glibc' })).toThrow(
    'must be for x64, but is for AArch64',
  );
  expect(() => checkBinary(file, { arch: 'arm64', libc: 'musl' })).toThrow('needs libm.so.6');
});
