// What binaries of the package must be like: run on glibc 2.34 and newer, bring their own C++ library, refer to nothing else.
import { execFileSync } from 'node:child_process';
import { basename } from 'node:path';
import { SetupError } from '../setup/terminal.mjs';

/** Of Ubuntu 22.04, Debian 12 and RHEL 9. CUDA's static runtime needs it too. */
const GLIBC = [2, 34];
/** Libraries of glibc, its loader, and the one that unwinds exceptions: linked in it would need glibc 2.35. */
const SYSTEM = /^(libc|libm|libdl|libpthread|librt|libgcc_s|ld-linux[-\w]*)\.so/;

const readelf = (option, file) => execFileSync('readelf', ['-W', option, file], { encoding: 'utf8' });

/** The libraries that a binary asks for, and the newest glibc whose symbols it uses. */
export function requirements(file) {
  const needed = [...readelf('-d', file).matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name]) => name);
  const versions = [...readelf('-V', file).matchAll(/Name: GLIBC_(\d+)\.(\d+)/g)];
  const newest = versions.map(([, ...parts]) => parts.map(Number)).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return { needed, glibc: newest.at(-1) ?? [2, 0] };
}

/** Throws unless a binary runs where the package says; `others` are further libraries that it may ask for. */
export function checkBinary(file, others = /^$/) {
  const { needed, glibc } = requirements(file);
  const foreign = needed.filter(name => !SYSTEM.test(name) && !others.test(name));
  if (foreign.length > 0) throw new SetupError(`${basename(file)} needs ${foreign.join(', ')}`);
  if (glibc[0] > GLIBC[0] || (glibc[0] === GLIBC[0] && glibc[1] > GLIBC[1])) {
    throw new SetupError(`${basename(file)} needs glibc ${glibc.join('.')}, and may need ${GLIBC.join('.')}`);
  }
}
