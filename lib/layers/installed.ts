// For Node: where the copies of tfjs-layers lie that this package and the program find.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { findRoot, workingFolder } from '../common/root.js';
import { installed } from './copies.js';

/** The copy that code in this folder gets, if there is one. */
function copyFrom(folder: string | undefined): string[] {
  if (folder === undefined) return [];
  try {
    const require = createRequire(join(folder, 'package.json'));
    return [dirname(require.resolve('@tensorflow/tfjs-layers/package.json'))];
  } catch {
    return []; // the message does without it
  }
}

installed.list = () => [...new Set([findRoot(), workingFolder()].flatMap(copyFrom))];
