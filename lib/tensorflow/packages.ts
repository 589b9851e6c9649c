import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { findRoot, packageRoot, workingFolder } from '../common/root.js';

/** An installed tfjs-node or tfjs-node-gpu package. */
export interface TfjsPackage {
  name: string;
  version: string;
  /** Folder of the package. */
  directory: string;
  /** File of the binding from the package's installer; undefined if there is none. */
  ownBinding: string | undefined;
}

const NAMES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

/** The `package.json` of the package `name`, resolved from the folder `from`; undefined if it is not installed. */
function locate(name: string, from: string): string | undefined {
  try {
    return realpathSync(createRequire(join(from, 'package.json')).resolve(`${name}/package.json`));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** The binding with the highest Node-API version in the package's `lib/`, where its installer puts it. */
function ownBinding(directory: string): string | undefined {
  return [9, 8, 7, 6, 5, 4, 3]
    .map(napi => join(directory, 'lib', `napi-v${napi}`, 'tfjs_binding.node'))
    .find(file => existsSync(file));
}

/**
 * Finds installed tfjs-node and tfjs-node-gpu packages. It resolves them from this package first, then from the working
 * folder, because a linked checkout sees only its own `node_modules`.
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
 * The reason why `found` cannot be used, if it uses another copy of tfjs-core than this package. Ops of one copy do not
 * accept tensors of the other, and would fail with an error that hides the cause.
 */
export function otherCore(found: TfjsPackage): string | undefined {
  const ours = locate('@tensorflow/tfjs-core', packageRoot());
  const union = locate('@tensorflow/tfjs', found.directory);
  const theirs = union && locate('@tensorflow/tfjs-core', dirname(union));
  if (!ours || !theirs || ours === theirs) return undefined;
  return `it uses another copy of @tensorflow/tfjs-core (${dirname(theirs)}) than frac-connections (${dirname(ours)}): run npm dedupe`;
}
