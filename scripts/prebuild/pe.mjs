// What a binary for Windows must be: a library for the right processor that exports what Node looks for, and needs Windows 10 alone.
import { execFileSync } from 'node:child_process';
import { basename } from 'node:path';
import { SetupError } from '../common/terminal.mjs';

const FORMATS = { x64: 'pei-x86-64', arm64: 'pei-aarch64-little' };
/** Windows itself and its C library, of which each part has a name of its own. */
const SYSTEM = /^(kernel32|api-ms-win-crt-[a-z]+-l1-1-0)\.dll$/i;
const EXPORTS = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];
/** Of the header: where it is loaded is random, also above 4 GB, and its data is not code. */
const SAFE = ['HIGH_ENTROPY_VA', 'DYNAMIC_BASE', 'NX_COMPAT'];

export function readPe(file) {
  const text = execFileSync('objdump', ['-p', file], { encoding: 'utf8', maxBuffer: 1e9 });
  const [, names = ''] = /^\[Ordinal\/Name Pointer\] Table\n((?:\s+\[.*\n)*)/m.exec(text) ?? [];
  const [, flags = ''] = /^DllCharacteristics.*\n((?:\t+.*\n)*)/m.exec(text) ?? [];
  return {
    format: /file format (\S+)/.exec(text)?.[1],
    needed: [...text.matchAll(/DLL Name: (\S+)/g)].map(([, name]) => name),
    exported: [...names.matchAll(/\] (\S+)/g)].map(([, name]) => name),
    flags: flags.split('\n').map(each => each.trim()),
  };
}

/** Throws unless a binary is one that Node on Windows 10 and newer can load. */
export function checkPe(file, { arch }) {
  const { format, needed, exported, flags } = readPe(file);
  const must = (holds, rule) => {
    if (!holds) throw new SetupError(`${basename(file)} ${rule}`);
  };
  must(format === FORMATS[arch], `must be for ${arch}, but is ${format}`);
  const foreign = needed.filter(name => !SYSTEM.test(name));
  must(foreign.length === 0, `needs ${foreign.join(', ')}`);
  must(exported.sort().join() === EXPORTS.join(), `must export ${EXPORTS}, but exports ${exported}`);
  const absent = SAFE.filter(flag => !flags.includes(flag));
  must(absent.length === 0, `must have the flags ${SAFE}, but lacks ${absent}`);
}
