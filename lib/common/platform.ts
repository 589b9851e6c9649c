import { readFileSync } from 'node:fs';

/** Of musl's loader, and of musl started as a program. glibc's file is libc.so.6. */
const MUSL = /\/(ld-musl-\w+\.so\.1|libc\.so)$/m;

/** The C library of this process on Linux, by the files that it has loaded. Undefined on other systems. */
export function findLibc(maps = '/proc/self/maps'): 'glibc' | 'musl' | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return MUSL.test(readFileSync(maps, 'utf8')) ? 'musl' : 'glibc';
  } catch {
    return 'glibc'; // /proc is not there or must not be read
  }
}

/** What the package calls this machine: `linux-x64`, `linux-arm64-musl`, `win32-x64` and so on. */
export const platformName = () =>
  `${process.platform}-${process.arch}${findLibc() === 'musl' ? '-musl' : ''}`;
