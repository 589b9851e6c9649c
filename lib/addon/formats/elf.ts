import { type Format, processor, type Reader } from './reader.js';

const HEADER = 64;
/** e_machine */
const MACHINES = { x64: 62, arm64: 183 };

/** ELF, little-endian. */
export const ELF: Format = {
  system: 'Linux',
  header: 'ELF header',
  is: magic => magic === '7f454c46',
  processors: file => [processor(MACHINES, file.read(0, HEADER).readUInt16LE(18), 'ELF machine')],
  end,
};

/** Linkers put the section header table last, so a file that contains it is complete. 32-bit files are not checked. */
function end(file: Reader): number {
  const header = file.read(0, HEADER);
  const is64 = header[4] === 2;
  // e_shoff + e_shnum * e_shentsize
  return is64 ? Number(header.readBigUInt64LE(40)) + header.readUInt16LE(60) * header.readUInt16LE(58) : 0;
}
