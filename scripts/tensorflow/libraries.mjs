// Finds the libraries and headers in an unpacked TensorFlow, for each of its folder layouts.
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from '../common/terminal.mjs';

export const FRAMEWORK = 'libtensorflow_framework.so.2';
// Python's wheels have the C API in the first file, the C release has it in the second.
const MAIN = ['libtensorflow_cc.so.2', 'libtensorflow.so.2'];
// The folders of libraries and headers in a wheel's package folder, in the C release, and in the root of a wheel or
// site-packages.
const LAYOUTS = [
  ['.', 'include'],
  ['lib', 'include'],
  ['tensorflow', join('tensorflow', 'include')],
];

/** The folder of headers for the libraries in `directory`, if there is one. */
export const includeOf = directory =>
  [join(directory, 'include'), join(directory, '..', 'include')].find(folder => existsSync(folder));

/** Whether the headers include TensorFlow's C++ classes. Every release has the headers of the C API. */
export const hasCppHeaders = include =>
  existsSync(join(include, 'tensorflow', 'core', 'framework', 'op_kernel.h'));

/** `{ directory, names, include }` of the TensorFlow under `folder`. */
export function findLibraries(folder) {
  if (!existsSync(folder)) throw new SetupError(`${folder}: this folder does not exist`);
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
    `${folder}: must contain ${MAIN.join(' or ')} next to ${FRAMEWORK}, directly or in lib/ or tensorflow/`,
  );
}
