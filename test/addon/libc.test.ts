import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { findLibc } from '../../lib/common/platform.js';
import { temporaryFolder } from '../setup/sandbox.js';

const LINE = '7f36c9200000-7f36c9600000 r-xp 00000000 08:01 1234567                    ';

/** What is found in a process that has loaded these files. */
function libcOf(...files: string[]) {
  const maps = join(temporaryFolder(), 'maps');
  writeFileSync(maps, `${files.map(file => LINE + file).join('\n')}\n`);
  return findLibc(maps);
}

afterEach(() => vi.unstubAllGlobals());

test('the C library is that which the process has loaded', () => {
  expect(libcOf('/usr/bin/node', '/usr/lib/x86_64-linux-gnu/libc.so.6')).toBe('glibc');
  expect(libcOf('/usr/local/bin/node', '/lib/ld-musl-x86_64.so.1')).toBe('musl');
  expect(libcOf('/usr/local/bin/node', '/lib/ld-musl-aarch64.so.1')).toBe('musl');
  expect(libcOf('/opt/musl/libc.so', '/opt/node')).toBe('musl');
  // Names that only begin or end so.
  expect(libcOf('/opt/ld-musl-x86_64.so.1/node', '/opt/mylibc.so', '/lib/libc.so.6')).toBe('glibc');
});

test('where that cannot be read it is glibc, and undefined on other systems', () => {
  expect(findLibc('/not/there')).toBe('glibc');
  vi.stubGlobal('process', { ...process, platform: 'darwin' });
  expect(findLibc()).toBeUndefined();
});
