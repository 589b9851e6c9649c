import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

// Of a file that is not what it should be, the dynamic loader says "cannot open shared object file" or nothing at all: it maps a
// file that ends too soon as if it were whole, and the process dies by SIGBUS at the first page that is not there. So what
// the ELF header promises is looked at first.

/** Bytes of a 64-bit ELF header. */
const HEADER = 64;

/** e_machine by Node's names of processors. */
const MACHINES: Partial<Record<string, number>> = { x64: 62, arm64: 183 };

/** Formats by their first bytes, in hexadecimal. */
const FOREIGN = [
  { magic: 'cffaedfe', what: 'made for macOS' },
  { magic: 'cafebabe', what: 'made for macOS' },
  { magic: '4d5a', what: 'made for Windows' },
];

/**
 * Why Linux cannot load this file as an addon, as far as its header tells; undefined when it tells nothing against it, and on
 * other systems.
 */
export function unloadable(file: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const { header, size } = readHeader(file);
  if (size === 0) return `${file} is empty`;
  const magic = header.toString('hex', 0, 4);
  if (magic !== '7f454c46') {
    const foreign = FOREIGN.find(each => magic.startsWith(each.magic));
    return `${file} is ${foreign ? `${foreign.what}, not for Linux` : 'not a shared library (no ELF header)'}`;
  }
  if (header.length < HEADER) return `${file} is cut off: it has ${size} bytes, its header ${HEADER}`;
  return otherProcessor(file, header.readUInt16LE(18)) ?? cutOff(file, header, size);
}

function readHeader(file: string): { header: Buffer; size: number } {
  const descriptor = openSync(file, 'r');
  try {
    const header = Buffer.alloc(HEADER);
    const read = readSync(descriptor, header, 0, HEADER, 0);
    return { header: header.subarray(0, read), size: fstatSync(descriptor).size };
  } finally {
    closeSync(descriptor);
  }
}

function otherProcessor(file: string, machine: number): string | undefined {
  const wanted = MACHINES[process.arch];
  if (wanted === undefined || machine === wanted) return undefined;
  const name = Object.keys(MACHINES).find(each => MACHINES[each] === machine);
  return `${file} is made for ${name ?? `another processor (ELF machine ${machine})`}, not for ${process.arch}`;
}

/** Linkers put the table of sections last: whoever has it has everything. A 32-bit file is left to the dynamic loader. */
function cutOff(file: string, header: Buffer, size: number): string | undefined {
  const is64 = header[4] === 2;
  if (!is64) return undefined;
  // e_shoff + e_shnum * e_shentsize
  const end = Number(header.readBigUInt64LE(40)) + header.readUInt16LE(60) * header.readUInt16LE(58);
  return size < end ? `${file} is cut off: it has ${size} bytes of ${end}` : undefined;
}
