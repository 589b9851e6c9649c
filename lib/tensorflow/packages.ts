import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import root from '../common/root.cjs';

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

/** The `package.json` of the package `name`, resolved from the file `from`; undefined if it is not installed. */
function locate(name: string, from: string): string | undefined {
  try {
    return realpathSync(createRequire(from).resolve(`${name}/package.json`));
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
 * The reason why `found` cannot be used, if it uses another copy of tfjs-core than this package. Ops of one copy do not
 * accept tensors of the other, and would fail with an error that hides the cause.
 */
export function otherCore(found: TfjsPackage): string | undefined {
  const ours = locate('@tensorflow/tfjs-core', join(root, 'package.json'));
  const union = locate('@tensorflow/tfjs', join(found.directory, 'package.json'));
  const theirs = union && locate('@tensorflow/tfjs-core', union);
  if (!ours || !theirs || ours === theirs) return undefined;
  return `it uses another copy of @tensorflow/tfjs-core (${dirname(theirs)}) than frac-connections (${dirname(ours)}): run npm dedupe`;
}
