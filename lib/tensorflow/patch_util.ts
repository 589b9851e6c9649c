import util from 'node:util';

/**
 * The deprecated functions of Node's `util` that tfjs-node 4.x calls. `isNullOrUndefined` prints a warning on Node 22,
 * and Node 23 removed it. `isArray` may be removed too.
 */
const replacements: Record<string, (value: unknown) => boolean> = {
  isNullOrUndefined: value => value === null || value === undefined,
  isArray: Array.isArray,
};

/**
 * Patches Node's `util` for tfjs-node. It adds the functions that this Node lacks, and replaces those that would print
 * a deprecation warning. tfjs-node reads the functions from the module object at each call, so patching that object is
 * enough.
 *
 * @returns the names of the functions that were missing
 */
export function patchUtil(): string[] {
  // The cast is needed because @types/node does not list removed functions.
  const module = util as unknown as Record<string, unknown>;
  const missing = Object.keys(replacements).filter(name => typeof module[name] !== 'function');
  try {
    Object.assign(module, replacements);
  } catch {
    return []; // Node's modules are frozen, so tfjs-node has to do with what this Node has
  }
  return missing;
}
