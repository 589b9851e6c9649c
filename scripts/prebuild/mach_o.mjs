// Reads what a Mach-O file says of itself. Nothing runs macOS code on Linux, so a binary for it is checked by its load commands and
// its symbols.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { SetupError } from '../common/terminal.mjs';

const CPUS = { x64: 0x01000007, arm64: 0x0100000c };
const COMMANDS = { symtab: 0x02, loadDylib: 0x0c, idDylib: 0x0d, signature: 0x1d, buildVersion: 0x32 };
const ADHOC = 0x2;
/** macOS 11 is the first for arm64. */
const OLDEST = '11.0';
/** C++'s new and delete, which the C++ library always shows. */
const ALLOCATION = /^__Z(n|d)[wal]/;
const EXPORTS = ['_napi_register_module_v1', '_node_api_module_get_api_version_v1'];

const text = (bytes, at) => bytes.toString('latin1', at, bytes.indexOf(0, at));

/** The load commands, by their numbers: where each begins. */
function commandsOf(bytes) {
  const found = [];
  for (let i = bytes.readUInt32LE(16), at = 32; i > 0; i--) {
    found.push({ command: bytes.readUInt32LE(at), at });
    at += bytes.readUInt32LE(at + 4);
  }
  return number => found.filter(({ command }) => command === number).map(({ at }) => at);
}

/** The symbols that other files can see, and those that this one wants, with the number of the library that has them. */
function symbolsOf(bytes, at) {
  const [table, count, names] = [8, 12, 16].map(field => bytes.readUInt32LE(at + field));
  const symbols = Array.from({ length: count }, (_, i) => {
    const entry = table + 16 * i;
    const [name, type] = [text(bytes, names + bytes.readUInt32LE(entry)), bytes[entry + 4]];
    return { name, debug: type & 0xe0, external: type & 1, defined: type & 0xe, library: bytes[entry + 7] };
  }).filter(({ debug, external }) => !debug && external);
  return {
    exported: symbols.filter(({ defined }) => defined).map(({ name }) => name),
    wanted: symbols.filter(({ defined }) => !defined),
  };
}

/** The flags of the signature's first part, which are big-endian. 0 without a signature. */
function signatureFlags(bytes, at) {
  if (at === undefined) return 0;
  const start = bytes.readUInt32LE(at + 8);
  return bytes.readUInt32BE(start + bytes.readUInt32BE(start + 16) + 12);
}

export function readMachO(bytes) {
  const commands = commandsOf(bytes);
  const [version] = commands(COMMANDS.buildVersion);
  const oldest = version === undefined ? 0 : bytes.readUInt32LE(version + 12);
  const nameOf = at => text(bytes, at + bytes.readUInt32LE(at + 8));
  return {
    cpu: bytes.readUInt32LE(4),
    oldest: `${oldest >>> 16}.${(oldest >>> 8) & 255}`,
    names: commands(COMMANDS.idDylib).map(nameOf),
    needed: commands(COMMANDS.loadDylib).map(nameOf),
    signed: (signatureFlags(bytes, commands(COMMANDS.signature)[0]) & ADHOC) !== 0,
    ...symbolsOf(bytes, commands(COMMANDS.symtab)[0]),
  };
}

/** Throws unless a binary is one that Node on macOS can load: only Node's own functions are left for it to find. */
export function checkMachO(file, { arch }) {
  const { cpu, oldest, names, needed, signed, exported, wanted } = readMachO(readFileSync(file));
  const must = (holds, rule) => {
    if (!holds) throw new SetupError(`${basename(file)} ${rule}`);
  };
  must(cpu === CPUS[arch], `must be for ${arch}, but has cputype ${cpu}`);
  must(oldest === OLDEST, `must be for macOS ${OLDEST} and newer, but is for ${oldest}`);
  must(names.join() === 'frac_connections.node', `must be called frac_connections.node, not ${names}`);
  must(needed.join() === '/usr/lib/libSystem.B.dylib', `must need libSystem alone, but needs ${needed}`);
  must(signed || arch !== 'arm64', 'must have an ad-hoc signature'); // which only arm64 asks for
  const foreign = wanted.filter(({ name, library }) => library !== 1 && !/^_(napi|node_api)_/.test(name));
  must(foreign.length === 0, `wants ${foreign.map(({ name }) => name).join(', ')}`);
  const shown = exported.filter(
    name => !ALLOCATION.test(name) && !/^_+(mh_dylib_header|dso_handle)$/.test(name),
  );
  must(shown.sort().join() === EXPORTS.join(), `must export ${EXPORTS}, but exports ${shown}`);
}
