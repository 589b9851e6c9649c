import { createRequire } from 'node:module';
import { join } from 'node:path';
import root from '../common/root.cjs';
import { unloadable } from './elf.js';
import { checkEnvironment } from './environment.js';
import type { Addon } from './exports.js';

/** The addon and its file, or every reason why it is not there. */
export type AddonResult = { addon: Addon; file: string } | { reasons: string[] };

const FUNCTIONS = [
  ...['fracWidth', 'fracWidthGrad', 'fracDepth', 'fracDepthGrad', 'fracDepthWidth', 'fracDepthWidthGrad'],
  ...['info', 'setThreads', 'setTarget'],
] as const satisfies (keyof Addon)[];

const oneLine = (error: unknown) =>
  String((error as Error)?.message ?? error)
    .trim()
    .replace(/\s*\n\s*/g, ', ');

function search(): AddonResult {
  if (process.env.FRAC_CONNECTIONS_NATIVE === 'off') return { reasons: ['FRAC_CONNECTIONS_NATIVE is off'] };
  let file: string | undefined;
  try {
    const require = createRequire(join(root, 'package.json'));
    // Looks in build/Release, where a checkout builds it, then in prebuilds/.
    const nodeGypBuild = require('node-gyp-build') as { resolve(folder: string): string };
    file = nodeGypBuild.resolve(root);
    const reason = unloadable(file);
    if (reason !== undefined) return { reasons: [reason] };
    const addon = require(file) as Addon;
    const missing = FUNCTIONS.filter(name => typeof addon[name] !== 'function');
    if (missing.length === 0) return { addon, file };
    return { reasons: [`${file} is not this version's addon: it has no ${missing.join(', ')}`] };
  } catch (error) {
    const message = oneLine(error);
    return { reasons: [file === undefined || message.includes(file) ? message : `${file}: ${message}`] };
  }
}

let result: AddonResult | undefined;

/**
 * The native addon if it can be had. The one place that loads it. The first answer stands for the life of the process.
 * `FRAC_CONNECTIONS_NATIVE=off` makes it absent.
 *
 * @throws FracConnectionsError ERR_OPTION, each time, when a variable that the addon reads says what it does not know; an
 *   absent addon is no error
 */
export function tryAddon(): AddonResult {
  if (result === undefined) {
    const found = search();
    if ('addon' in found) checkEnvironment(found.addon.info().targets);
    result = found;
  }
  return result;
}
