// Finds the tfjs-node package for which set-up works, with the same search as `frac-connections/tensorflow`.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../common/paths.mjs';
import { SetupError } from '../common/terminal.mjs';

/** The tfjs-node package: `{ name, version, directory, ownBinding }`. */
export async function tfjsPackage() {
  const file = join(ROOT, 'dist', 'esm', 'tensorflow', 'packages.js');
  const { findPackages } = await import(pathToFileURL(file).href);
  const { packages, problems } = findPackages();
  if (packages.length > 0) return packages[0];
  const found = problems.length > 0 ? problems.join('; ') : `tfjs-node is not installed in ${process.cwd()}`;
  throw new SetupError(`${found}; run npm install --ignore-scripts @tensorflow/tfjs-node first`);
}
