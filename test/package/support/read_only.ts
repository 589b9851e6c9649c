import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** The command line that runs a program where nothing can be written. */
type Way = (folders: string[], command: string[]) => string[];

// In a space of mounts of its own the folders are mounted once more, over themselves, for reading only.
const MOUNT =
  'while [ "$1" != -- ]; do mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" || exit 99; shift; done';
const inNamespace =
  (...options: string[]): Way =>
  (folders, command) => [
    ...['unshare', ...options, 'sh', '-c', `${MOUNT}; shift; cd "$1" && shift && exec "$@"`, 'sh'],
    ...[...folders, '--', folders[0]!, ...command],
  ];

/** As root, and as anybody where the kernel lets anybody have spaces of their own. */
const ways: Way[] = [inNamespace('--mount'), inNamespace('--mount', '--user', '--map-root-user')];

const works = (way: Way, folder: string): boolean => {
  const [program, ...args] = way([folder], ['sh', '-c', `test -d . && ! touch ${join(folder, 'x')}`]);
  return spawnSync(program!, args).status === 0;
};

/** How to run a program in the first of `folders`, with all of them read-only; undefined where this machine has no way. */
export function findReadOnly(folder: string): Way | undefined {
  return ways.find(way => works(way, folder));
}
