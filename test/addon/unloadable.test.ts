import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { unloadable } from '../../lib/addon/unloadable.js';
import { temporaryFolder } from '../setup/sandbox.js';

const LINUX = { platform: 'linux', arch: 'x64' };
const MAC = { platform: 'darwin', arch: 'arm64' };
const WINDOWS = { platform: 'win32', arch: 'x64' };

/** Numbers at places of a file, by the method that writes them. */
type Field = ['UInt16LE' | 'UInt32LE' | 'UInt32BE' | 'BigUInt64LE', number, number];

function bytes(size: number, ...fields: Field[]): Buffer {
  const buffer = Buffer.alloc(size);
  for (const [type, at, value] of fields) {
    if (type === 'BigUInt64LE') buffer.writeBigUInt64LE(BigInt(value), at);
    else buffer[`write${type}`](value, at);
  }
  return buffer;
}

/** ELF of 400 bytes, whose section headers are the last 128. */
const elf = (machine: number) =>
  bytes(
    400,
    ['UInt32BE', 0, 0x7f454c46],
    ['UInt16LE', 4, 2],
    ['UInt16LE', 18, machine],
    ['BigUInt64LE', 40, 272],
    ['UInt16LE', 58, 64],
    ['UInt16LE', 60, 2],
  );

/** Mach-O of 400 bytes: another load command, a segment at its beginning, and one of the last 100 bytes. */
function machO(cpu: number): Buffer {
  const [first, second, third] = [32, 32 + 16, 32 + 16 + 72];
  return bytes(
    400,
    ['UInt32BE', 0, 0xcffaedfe],
    ['UInt32LE', 4, cpu],
    ['UInt32LE', 16, 3],
    ['UInt32LE', 20, 16 + 2 * 72],
    ['UInt32LE', first, 0x32],
    ['UInt32LE', first + 4, 16],
    ['UInt32LE', second, 0x19],
    ['UInt32LE', second + 4, 72],
    ['BigUInt64LE', second + 48, 300],
    ['UInt32LE', third, 0x19],
    ['UInt32LE', third + 4, 72],
    ['BigUInt64LE', third + 40, 300],
    ['BigUInt64LE', third + 48, 100],
  );
}

const X64 = 0x01000007;
const ARM64 = 0x0100000c;

/** A universal file of two others. */
function universal(...cpus: number[]): Buffer {
  const at = (i: number) => 512 * (i + 1);
  const head = bytes(512, ['UInt32BE', 0, 0xcafebabe], ['UInt32BE', 4, cpus.length]);
  cpus.forEach((cpu, i) => {
    [cpu, 0, at(i), 400, 9].forEach((value, j) => {
      head.writeUInt32BE(value, 8 + 20 * i + 4 * j);
    });
  });
  const parts = cpus.map((cpu, i) =>
    i < cpus.length - 1 ? Buffer.concat([machO(cpu), Buffer.alloc(112)]) : machO(cpu),
  );
  return Buffer.concat([head, ...parts]);
}

/** PE of 400 bytes with two sections, of which the first is the last in the file. */
function pe(machine: number): Buffer {
  const at = 128;
  const first = at + 24 + 16;
  return bytes(
    400,
    ['UInt32BE', 0, 0x4d5a0000],
    ['UInt32LE', 60, at],
    ['UInt32BE', at, 0x50450000],
    ['UInt16LE', at + 4, machine],
    ['UInt16LE', at + 6, 2],
    ['UInt16LE', at + 20, 16],
    ['UInt32LE', first + 16, 50],
    ['UInt32LE', first + 20, 350],
    ['UInt32LE', first + 56, 50],
    ['UInt32LE', first + 60, 300],
  );
}

function reason(content: Buffer | string, machine: { platform: string; arch: string }): string | undefined {
  const file = join(temporaryFolder(), 'addon.node');
  writeFileSync(file, content);
  return unloadable(file, machine)?.replace(file, 'FILE');
}

const GOOD = [
  ['ELF', LINUX, elf(62)],
  ['Mach-O', MAC, machO(ARM64)],
  ['universal Mach-O', MAC, universal(X64, ARM64)],
  ['PE', WINDOWS, pe(0x8664)],
] as const;

describe.each(GOOD)('%s', (_, machine, good) => {
  test('is loaded when it is whole', () => expect(reason(good, machine)).toBeUndefined());

  test('is truncated at any byte before its end', () => {
    const sizes = Array.from({ length: good.length - 1 }, (_, i) => i + 1);
    for (const size of sizes.filter(size => size < 64 || size % 13 === 0 || size === good.length - 1))
      expect(reason(good.subarray(0, size), machine), `${size} bytes`).toMatch(
        /^FILE is (truncated: it has \d+ (of \d+ bytes|bytes, fewer than the \d+ of its header)|not a shared library .*)$/,
      );
  });

  test('of garbage behind its first bytes is refused, not read for ever', () => {
    const garbage = Buffer.alloc(400, 0xff);
    good.copy(garbage, 0, 0, 4);
    expect(reason(garbage, machine)).toMatch(/^FILE is (truncated|damaged|made for another processor)/);
  });
});

test.each([
  ['is empty', '', MAC],
  ['is not a shared library (no Mach-O header)', 'text', MAC],
  ['is not a shared library (no PE header)', 'text', WINDOWS],
  ['is made for Linux, not for macOS', elf(183), MAC],
  ['is made for Windows, not for macOS', pe(0xaa64), MAC],
  ['is made for macOS, not for Windows', universal(X64), WINDOWS],
  ['is made for arm64, not for x64', elf(183), LINUX],
  ['is made for x64, not for arm64', machO(X64), MAC],
  ['is made for x64 and another processor (Mach-O cputype 7), not for arm64', universal(X64, 7), MAC],
  ['is made for arm64, not for x64', pe(0xaa64), WINDOWS],
  ['is made for another processor (PE machine 332), not for x64', pe(332), WINDOWS],
])('a file that %s', (what, content, machine) => expect(reason(content, machine)).toBe(`FILE ${what}`));

test('on a processor or system without a format of its own, the system decides', () => {
  expect(reason(elf(243), { platform: 'linux', arch: 'riscv64' })).toBeUndefined();
  expect(reason('text', { platform: 'sunos', arch: 'x64' })).toBeUndefined();
});
