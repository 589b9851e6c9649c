import { type Format, processor, type Reader } from './reader.js';

const THIN = 'cffaedfe';
/** Several of them, one for each processor, in one file. Its numbers are big-endian. */
const UNIVERSAL = 'cafebabe';
/** cputype */
const MACHINES = { x64: 0x0100_0007, arm64: 0x0100_000c };
const HEADER = 32;
const ENTRY = 20;
const LC_SEGMENT_64 = 0x19;

/** Mach-O, 64-bit. */
export const MACH_O: Format = {
  system: 'macOS',
  header: 'Mach-O header',
  is: magic => magic === THIN || magic === UNIVERSAL,
  processors: file => parts(file).map(({ cpu }) => processor(MACHINES, cpu, 'Mach-O cputype')),
  end: file =>
    Math.max(...parts(file).map(({ at, size }) => Math.max(at + size, at + endOfSegments(file, at)))),
};

/** The files in a universal one, or the file itself. */
function parts(file: Reader): { cpu: number; at: number; size: number }[] {
  if (file.magic() === THIN) return [{ cpu: file.read(0, HEADER).readUInt32LE(4), at: 0, size: HEADER }];
  const count = file.read(0, 8).readUInt32BE(4);
  const entries = file.read(8, count * ENTRY);
  return Array.from({ length: count }, (_, i) => ({
    cpu: entries.readUInt32BE(i * ENTRY),
    at: entries.readUInt32BE(i * ENTRY + 8),
    size: entries.readUInt32BE(i * ENTRY + 12),
  }));
}

/** The end of the last segment of the file that begins there. The signature is in a segment, too. */
function endOfSegments(file: Reader, at: number): number {
  const header = file.read(at, HEADER);
  const commands = file.read(at + HEADER, header.readUInt32LE(20));
  let end = 0;
  for (let offset = 0; offset < commands.length; offset += Math.max(8, commands.readUInt32LE(offset + 4))) {
    // fileoff + filesize
    if (commands.readUInt32LE(offset) === LC_SEGMENT_64)
      end = Math.max(
        end,
        Number(commands.readBigUInt64LE(offset + 40) + commands.readBigUInt64LE(offset + 48)),
      );
  }
  return end;
}
