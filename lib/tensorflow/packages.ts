import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { findRoot, packageRoot, workingFolder } from '../common/root.js';

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

/** The `package.json` of `name` as seen from the folder `from`; undefined where there is none. */
function locate(name: string, from: string): string | undefined {
  try {
    return realpathSync(createRequire(join(from, 'package.json')).resolve(`${name}/package.json`));
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
export function findPackages(): { packages: TfjsPackage[]; problems: string[] } {
  const found = new Map<string, TfjsPackage>();
  const problems = new Set<string>();
  for (const name of NAMES) {
    for (const from of [findRoot(), workingFolder()]) {
      if (from === undefined) continue;
      try {
        const file = locate(name, from);
        if (!file || found.has(file)) continue;
        const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
        const directory = dirname(file);
        found.set(file, { name, version, directory, ownBinding: ownBinding(directory) });
      } catch (error) {
        problems.add(`${name}: ${(error as Error).message.split('\n', 1)[0]}`);
      }
    }
  }
  return { packages: [...found.values()], problems: [...problems] };
}

/**
 * Why the tfjs-core that `found` runs on is not the one this package imports, if so: tensors of one copy are strangers
 * to the other, and ops would fail far from the cause.
 */
export function otherCore(found: TfjsPackage): string | undefined {
  const ours = locate('@tensorflow/tfjs-core', packageRoot());
  const union = locate('@tensorflow/tfjs', found.directory);
  const theirs = union && locate('@tensorflow/tfjs-core', dirname(union));
  if (!ours || !theirs || ours === theirs) return undefined;
  return `it runs on another copy of @tensorflow/tfjs-core (${dirname(theirs)}) than frac-connections (${dirname(ours)}): type npm dedupe`;
}
