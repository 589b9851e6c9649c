import { createRequire } from 'node:module';
import { join, sep } from 'node:path';
import { findLibc, platformName } from '../common/platform.js';
import { reasonOf } from '../common/reason.js';
import { bundledReason, findRoot } from '../common/root.js';
import { checkEnvironment } from './environment.js';
import type { Addon } from './exports.js';
import { unloadable } from './unloadable.js';

/** The addon, its file and why it is this one, or every reason why none could be loaded. */
export type AddonResult = { addon: Addon; file: string; chosen: string } | { reasons: string[] };

const FUNCTIONS = [
  ...['fracWidth', 'fracWidthGrad', 'fracDepth', 'fracDepthGrad', 'fracDepthWidth', 'fracDepthWidthGrad'],
  ...['info', 'setThreads', 'setTarget'],
] as const satisfies (keyof Addon)[];

/** What `frac-connections/native/<platform>` found, once a program has imported it. */
type Given = { file: string } & ({ addon: Addon } | { reason: string });
const given = () => (globalThis as { [KEY]?: Given })[KEY];
const KEY = Symbol.for('frac-connections.addon');

function search(): AddonResult {
  if (process.env.FRAC_CONNECTIONS_NATIVE === 'off') return { reasons: ['FRAC_CONNECTIONS_NATIVE is off'] };
  const bundled = given();
  if (bundled === undefined) return load();
  if ('reason' in bundled) return { reasons: [bundled.reason] };
  return checked({ ...bundled, chosen: 'imported by the program' });
}

/**
 * Looks first in build/Release, where a checkout builds the addon, then in prebuilds/. It takes only Alpine for a system with musl,
 * unless LIBC says which C library it is; it reads that when it is loaded.
 */
function nodeGypBuild(require: NodeJS.Require): { resolve(folder: string): string } {
  const { LIBC } = process.env;
  if (LIBC === undefined && findLibc() === 'musl') process.env.LIBC = 'musl';
  try {
    return require('node-gyp-build');
  } finally {
    if (LIBC === undefined) delete process.env.LIBC;
  }
}

/** The addon from the package's own folder. */
function load(): AddonResult {
  let file: string | undefined;
  try {
    const root = findRoot();
    if (root === undefined) return { reasons: [bundledReason()] };
    const require = createRequire(join(root, 'package.json'));
    file = nodeGypBuild(require).resolve(root);
    const reason = unloadable(file);
    if (reason !== undefined) return { reasons: [reason] };
    return checked({ addon: require(file) as Addon, file, chosen: howChosen(file, root) });
  } catch (error) {
    const message = reasonOf(error);
    return { reasons: [file === undefined || message.includes(file) ? message : `${file}: ${message}`] };
  }
}

/** Why node-gyp-build found this file. */
function howChosen(file: string, root: string): string {
  const inside = (folder: string) => file.startsWith(join(root, folder) + sep);
  if (inside('prebuilds')) return `the package's own for ${platformName()}`;
  if (inside('build')) return 'built on this machine, which goes before those of the package';
  return 'in the folder that FRAC_CONNECTIONS_PREBUILD names';
}

/** The addon, if it has all that this version calls. */
function checked(found: Extract<AddonResult, { addon: Addon }>): AddonResult {
  const { addon, file } = found;
  const missing = FUNCTIONS.filter(name => typeof addon[name] !== 'function');
  if (missing.length === 0) return found;
  return {
    reasons: [`${file} is not the addon of this version: it does not export ${missing.join(', ')}`],
  };
}

let result: AddonResult | undefined;

/**
 * Loads the native addon, or returns the reasons why that fails. Every user of the addon calls this function. The first
 * result is kept for the rest of the process. `FRAC_CONNECTIONS_NATIVE=off` disables the addon.
 *
 * @throws FracConnectionsError ERR_OPTION, at each call, when an environment variable that the addon reads has an
 *   invalid value. A missing addon is not an error.
 */
export function tryAddon(): AddonResult {
  if (result === undefined) {
    const found = search();
    if ('addon' in found) checkEnvironment(found.addon.info().targets);
    result = found;
  }
  return result;
}
