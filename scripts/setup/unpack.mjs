// Unpacks the files of the wheel that the binding needs: two libraries and the headers of the C API. Python uses the
// rest of its 1.3 GB.
import { existsSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run } from './child.mjs';
import { CACHE } from './paths.mjs';
import { explain, SetupError, say, seconds } from './terminal.mjs';
import { WHEEL } from './wheel.mjs';

// Python's zipfile checks the checksum of each file.
const PROGRAM = `
import os, shutil, sys, zipfile
wheel, target = sys.argv[1:]
headers = ('c/', 'core/platform/ctstring'), ('tsl/platform/ctstring', 'xla/tsl/c/')
headers = tuple('tensorflow/include/tensorflow/' + h for h in headers[0]) + tuple('tensorflow/include/' + h for h in headers[1])
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        library = name.startswith('tensorflow/libtensorflow_') and '.so' in name
        if not library and not (name.startswith(headers) and name.endswith('.h')):
            continue
        path = os.path.join(target, name[len('tensorflow/'):])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with archive.open(name) as source, open(path, 'wb') as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
`;

/** The folder of the unpacked pinned TensorFlow. The hash in its name distinguishes builds. */
export const UNPACKED = join(CACHE, `${WHEEL.project}-${WHEEL.version}-${WHEEL.sha256.slice(0, 8)}`);

/** Whether the folder exists and is complete; a user may have removed a library. */
export const isUnpacked = () =>
  ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'].every(name => existsSync(join(UNPACKED, name)));

export async function unpack(python, wheel) {
  const started = performance.now();
  say('TensorFlow', `unpacking ${basename(wheel)}`);
  const temporary = `${UNPACKED}.tmp-${process.pid}`;
  try {
    const { code, stderr, error } = await run(python, ['-c', PROGRAM, wheel, temporary]);
    if (code !== 0) throw new SetupError(`unpacking ${wheel}: ${explain(error ?? stderr)}`);
    rmSync(UNPACKED, { recursive: true, force: true });
    renameSync(temporary, UNPACKED);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  say('TensorFlow', `unpacked to ${UNPACKED} in ${seconds(started)}`);
}
