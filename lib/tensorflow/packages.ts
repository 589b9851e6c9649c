import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import root from '../common/root.cjs';

/** One tfjs-node(-gpu) package found on disk. */
export interface TfjsPackage {
  name: string;
  version: string;
  /** Its folder. */
  directory: string;
  /** The binding that its own installer made, if there is one. */
  ownBinding: string | undefined;
}

const NAMES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

/** The `package.json` of `name` as seen from the file or folder `from`, or undefined. */
function locate(name: string, from: string): string | undefined {
  try {
    return realpathSync(createRequire(from).resolve(`${name}/package.json`));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** The binding of the highest Node-API version in the package's `lib/`, the place its own installer uses. */
function ownBinding(directory: string): string | undefined {
  return [9, 8, 7, 6, 5, 4, 3]
    .map(napi => join(directory, 'lib', `napi-v${napi}`, 'tfjs_binding.node'))
    .find(file => existsSync(file));
}

/**
 * The tfjs-node(-gpu) packages within reach: first as this package sees them, then as the program's working folder
 * does (a linked checkout sees only its own `node_modules`).
 */
export function findPackages(): TfjsPackage[] {
  const found = new Map<string, TfjsPackage>();
  for (const name of NAMES) {
    for (const from of [root, process.cwd()]) {
      const file = locate(name, join(from, 'package.json'));
      if (!file || found.has(file)) continue;
      const { version } = createRequire(file)(file) as { version: string };
      const directory = dirname(file);
      found.set(file, { name, version, directory, ownBinding: ownBinding(directory) });
    }
  }
  return [...found.values()];
}

/**
 * Why the tfjs-core that `found` runs on is not the one this package imports, if so: tensors of one copy are strangers
 * to the other, and ops would fail far from the cause.
 */
export function otherCore(found: TfjsPackage): string | undefined {
  const ours = locate('@tensorflow/tfjs-core', join(root, 'package.json'));
  const union = locate('@tensorflow/tfjs', join(found.directory, 'package.json'));
  const theirs = union && locate('@tensorflow/tfjs-core', union);
  if (!ours || !theirs || ours === theirs) return undefined;
  return `it runs on another copy of @tensorflow/tfjs-core (${dirname(theirs)}) than frac-connections (${dirname(ours)}): type npm dedupe`;
}
