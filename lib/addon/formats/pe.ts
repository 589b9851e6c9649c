import { type Format, processor, type Reader } from './reader.js';

/** Machine */
const MACHINES = { x64: 0x8664, arm64: 0xaa64 };
const HEADER = 24;
const SECTION = 40;

/** Portable Executable, after a header for DOS. */
export const PE: Format = {
  system: 'Windows',
  header: 'PE header',
  is: magic => magic.startsWith('4d5a'),
  processors: file => [processor(MACHINES, header(file).bytes.readUInt16LE(4), 'PE machine')],
  end,
};

function header(file: Reader): { at: number; bytes: Buffer } {
  const at = file.read(0, 64).readUInt32LE(60);
  return { at, bytes: file.read(at, HEADER) };
}

/** The end of the last section. */
function end(file: Reader): number {
  const { at, bytes } = header(file);
  const first = at + HEADER + bytes.readUInt16LE(20); // behind the optional header
  const sections = file.read(first, bytes.readUInt16LE(6) * SECTION);
  let end = 0;
  for (let at = 0; at < sections.length; at += SECTION)
    end = Math.max(end, sections.readUInt32LE(at + 20) + sections.readUInt32LE(at + 16)); // PointerToRawData + SizeOfRawData
  return end;
}
