// The requirements for binaries of the package: they run on the libc they are made for, glibc 2.34 and newer or musl, or on macOS
// 11 and newer, or on Windows 10 and newer, contain their C++ library, and need no other library.
import { execFileSync } from 'node:child_process';
import { basename } from 'node:path';
import { SetupError } from '../common/terminal.mjs';
import { checkMachO } from './mach_o.mjs';
import { checkPe } from './pe.mjs';

/** A version that Ubuntu 22.04, Debian 12 and RHEL 9 have. The static CUDA runtime needs it too. */
const GLIBC = [2, 34];
/** The libraries that a binary may need. */
const SYSTEM = {
  // Those of glibc, its loader, and the one for stack unwinding; linked statically, that one would need glibc 2.35.
  glibc: /^(libc|libm|libdl|libpthread|librt|libgcc_s|ld-linux[-\w]*)\.so\.\d+$/,
  musl: /^libc\.so$/,
};
/** The libraries that return TensorFlow's stream are loaded in a process that has TensorFlow and its C++ library. */
const STREAM = /^lib(tensorflow_framework|stdc\+\+|gcc_s)\.so/;
const MACHINES = { x64: 'Advanced Micro Devices X86-64', arm64: 'AArch64' };

const readelf = (option, file) => execFileSync('readelf', ['-W', option, file], { encoding: 'utf8' });

/** The processor of a binary, the libraries that it needs, and the newest glibc version of its symbols. */
export function requirements(file) {
  const [, machine] = /Machine:\s+(.*)$/m.exec(readelf('-h', file));
  const needed = [...readelf('-d', file).matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name]) => name);
  const versions = [...readelf('-V', file).matchAll(/Name: GLIBC_(\d+)\.(\d+)/g)];
  const newest = versions.map(([, ...parts]) => parts.map(Number)).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return { machine, needed, glibc: newest.at(-1) ?? [2, 0] };
}

/** Throws unless a binary meets the requirements of a platform. */
export function checkBinary(file, platform) {
  const check = { darwin: checkMachO, linux: checkElf, win32: checkPe }[platform.system];
  check(file, platform);
}

function checkElf(file, { arch, libc }) {
  const name = basename(file);
  const { machine, needed, glibc } = requirements(file);
  if (machine !== MACHINES[arch]) throw new SetupError(`${name} must be for ${arch}, but is for ${machine}`);
  const allowed = each =>
    SYSTEM[libc].test(each) || (name.startsWith('tensorflow_stream') && STREAM.test(each));
  const foreign = needed.filter(each => !allowed(each));
  if (foreign.length > 0) throw new SetupError(`${name} needs ${foreign.join(', ')}`);
  if (glibc[0] > GLIBC[0] || (glibc[0] === GLIBC[0] && glibc[1] > GLIBC[1]))
    throw new SetupError(`${name} must run on glibc ${GLIBC.join('.')}, but needs ${glibc.join('.')}`);
}
