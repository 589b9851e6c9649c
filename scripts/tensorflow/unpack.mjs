// Unpacks the files of a wheel that TensorFlow and the binding need, with their paths in the wheel: of TensorFlow its
// libraries and headers (Python uses the rest), of CUDA the libraries, and what TensorFlow's own compiler takes from its
// tools. TensorFlow looks for CUDA's libraries at these paths, beside its own folder.
import { rmSync } from 'node:fs';
import { run } from '../common/child.mjs';
import { explain, SetupError, say, seconds } from '../common/terminal.mjs';

// Python's zipfile checks the checksum of each file. The files reach the target only after all of them are unpacked.
const PROGRAM = `
import os, re, shutil, sys, zipfile
wheel, temporary, target, headers = sys.argv[1:]
wanted = re.compile('|'.join([
    r'tensorflow/libtensorflow_[^/]*\\.so[^/]*',
    r'tensorflow/include/' + (r'.*[^/]' if headers == 'all' else r'(tensorflow/(c/|core/platform/ctstring)|tsl/platform/ctstring|xla/tsl/c/).*\\.h'),
    r'nvidia/[^/]+/lib/[^/]*\\.so[^/]*',
    r'nvidia/[^/]+/(bin/ptxas|nvvm/libdevice/.*\\.bc)',
]))
with zipfile.ZipFile(wheel) as archive:
    names = [name for name in archive.namelist() if wanted.fullmatch(name)]
    for name in names:
        path = os.path.join(temporary, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with archive.open(name) as source, open(path, 'wb') as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
        if '/bin/' in name: os.chmod(path, 0o755)
for name in names:
    path = os.path.join(target, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.replace(os.path.join(temporary, name), path)
`;

/** Unpacks the file of `wheel` into `folder`. */
export async function unpack(python, file, { name, headers }, folder) {
  const started = performance.now();
  say('TensorFlow', `unpacking ${name}`);
  const temporary = `${folder}.tmp-${process.pid}`;
  try {
    const { code, stderr, error } = await run(python, [
      ...['-c', PROGRAM, file, temporary, folder],
      headers ?? 'c',
    ]);
    if (code !== 0) throw new SetupError(`unpacking ${file}: ${explain(error ?? stderr)}`);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  say('TensorFlow', `unpacked to ${folder} in ${seconds(started)}`);
}
