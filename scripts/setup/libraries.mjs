// Finds the libraries and headers in an unpacked TensorFlow, in any of the layouts it comes in.
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from './terminal.mjs';

export const FRAMEWORK = 'libtensorflow_framework.so.2';
// The C API is in the first on Python's wheels, in the second in the C release.
const MAIN = ['libtensorflow_cc.so.2', 'libtensorflow.so.2'];
// Where libraries and headers lie: the wheel's package folder, the C release, a wheel's root or site-packages.
const LAYOUTS = [
  ['.', 'include'],
  ['lib', 'include'],
  ['tensorflow', join('tensorflow', 'include')],
];

/** The headers that belong to the libraries in `directory`, if they are there. */
export const includeOf = directory =>
  [join(directory, 'include'), join(directory, '..', 'include')].find(folder => existsSync(folder));

/** Whether TensorFlow's C++ classes are among its headers; the C API's are in every release. */
export const hasCppHeaders = include =>
  existsSync(join(include, 'tensorflow', 'core', 'framework', 'op_kernel.h'));

/** `{ directory, names, include }` of the TensorFlow under `folder`. */
export function findLibraries(folder) {
  if (!existsSync(folder)) throw new SetupError(`${folder}: there is no such folder`);
  const root = realpathSync(folder);
  for (const [libraries, headers] of LAYOUTS) {
    const directory = join(root, libraries);
    const main = MAIN.find(name => existsSync(join(directory, name)));
    if (!main || !existsSync(join(directory, FRAMEWORK))) continue;
    const include = join(root, headers);
    if (!existsSync(join(include, 'tensorflow', 'c', 'c_api.h'))) {
      throw new SetupError(`${folder}: ${include} has no tensorflow/c/c_api.h`);
    }
    return { directory, names: [main, FRAMEWORK], include };
  }
  throw new SetupError(
    `${folder}: no TensorFlow in it, that is ${MAIN.join(' or ')} beside ${FRAMEWORK}, there or in its lib/ or tensorflow/`,
  );
}
