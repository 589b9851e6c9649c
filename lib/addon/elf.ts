import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

// For a wrong file the dynamic loader reports only "cannot open shared object file". It maps a truncated file as if it
// were complete, and the process ends with SIGBUS at the first missing page. So this file checks the ELF header before
// the addon is loaded.

/** Bytes of a 64-bit ELF header. */
const HEADER = 64;

/** The values of e_machine for Node's processor names. */
const MACHINES: Partial<Record<string, number>> = { x64: 62, arm64: 183 };

/** File formats of other systems, by their first bytes in hexadecimal. */
const FOREIGN = [
  { magic: 'cffaedfe', what: 'made for macOS' },
  { magic: 'cafebabe', what: 'made for macOS' },
  { magic: '4d5a', what: 'made for Windows' },
];

/**
 * The reason in the file's ELF header why Linux cannot load it as an addon. Undefined if there is none, and on other
 * systems.
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
  if (header.length < HEADER)
    return `${file} is truncated: it has ${size} bytes, fewer than the ${HEADER} of its header`;
  return otherProcessor(file, header.readUInt16LE(18)) ?? truncated(file, header, size);
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

/** Linkers put the section header table last, so a file that contains it is complete. 32-bit files are not checked. */
function truncated(file: string, header: Buffer, size: number): string | undefined {
  const is64 = header[4] === 2;
  if (!is64) return undefined;
  // e_shoff + e_shnum * e_shentsize
  const end = Number(header.readBigUInt64LE(40)) + header.readUInt16LE(60) * header.readUInt16LE(58);
  return size < end ? `${file} is truncated: it has ${size} of ${end} bytes` : undefined;
}
