// The requirements for binaries of the package: they run on glibc 2.34 and newer, contain their C++ library, and need
// no other library.
import { execFileSync } from 'node:child_process';
import { basename } from 'node:path';
import { SetupError } from '../common/terminal.mjs';

/** A version that Ubuntu 22.04, Debian 12 and RHEL 9 have. The static CUDA runtime needs it too. */
const GLIBC = [2, 34];
/**
 * The libraries of glibc, its loader, and the one for stack unwinding; linked statically, that one would need glibc
 * 2.35.
 */
const SYSTEM = /^(libc|libm|libdl|libpthread|librt|libgcc_s|ld-linux[-\w]*)\.so/;

const readelf = (option, file) => execFileSync('readelf', ['-W', option, file], { encoding: 'utf8' });

/** The libraries that a binary needs, and the newest glibc version of its symbols. */
export function requirements(file) {
  const needed = [...readelf('-d', file).matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name]) => name);
  const versions = [...readelf('-V', file).matchAll(/Name: GLIBC_(\d+)\.(\d+)/g)];
  const newest = versions.map(([, ...parts]) => parts.map(Number)).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return { needed, glibc: newest.at(-1) ?? [2, 0] };
}

/** Throws unless a binary meets the requirements. `others` matches further libraries that it may need. */
export function checkBinary(file, others = /^$/) {
  const { needed, glibc } = requirements(file);
  const foreign = needed.filter(name => !SYSTEM.test(name) && !others.test(name));
  if (foreign.length > 0) throw new SetupError(`${basename(file)} needs ${foreign.join(', ')}`);
  if (glibc[0] > GLIBC[0] || (glibc[0] === GLIBC[0] && glibc[1] > GLIBC[1])) {
    throw new SetupError(
      `${basename(file)} must run on glibc ${GLIBC.join('.')}, but needs ${glibc.join('.')}`,
    );
  }
}
