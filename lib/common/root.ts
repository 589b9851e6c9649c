import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FracConnectionsError } from './errors.js';
import here from './here.cjs';
import { platformName } from './platform.js';

/** Why the package does not know its own folder, and the cure. */
export const bundledReason = () =>
  'frac-connections is bundled, so it does not find its own files: keep it and @tensorflow/tfjs out of the bundle ' +
  '(esbuild --external:frac-connections, webpack externals, Next.js serverExternalPackages), ' +
  `or import 'frac-connections/native/${platformName()}' in the bundle`;

/** Whether a folder holds this package's package.json. One that cannot be read is another's. */
function isPackage(folder: string): boolean {
  try {
    const manifest = join(folder, 'package.json');
    return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'frac-connections';
  } catch {
    return false;
  }
}

function search(): string | undefined {
  if (here === '') return undefined;
  for (let folder = here; ; folder = dirname(folder)) {
    if (isPackage(folder)) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}

let found: { root: string | undefined } | undefined;

/** The package's own folder; undefined in a bundle, which has none. Looks for it at the first call. */
export function findRoot(): string | undefined {
  found ??= { root: search() };
  return found.root;
}

/**
 * The package's own folder, for what cannot do without its files.
 *
 * @throws FracConnectionsError ERR_FILE in a bundle
 */
export function packageRoot(): string {
  const root = findRoot();
  if (root === undefined) throw new FracConnectionsError('ERR_FILE', bundledReason());
  return root;
}

/** The working folder; undefined where it was removed. */
export function workingFolder(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}
