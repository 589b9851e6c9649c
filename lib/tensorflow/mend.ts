import util from 'node:util';

/**
 * What tfjs-node 4.x calls on Node's `util` and Node has deprecated, by name: `isNullOrUndefined` warns on Node 22 and
 * is gone from Node 23 on; `isArray` may follow it.
 */
const replacements: Record<string, (value: unknown) => boolean> = {
  isNullOrUndefined: value => value === null || value === undefined,
  isArray: Array.isArray,
};

/**
 * Gives Node's `util` the functions that tfjs-node calls: puts back those that this Node no longer has, and replaces
 * those that would print a deprecation warning at the first call by equals that do not. tfjs-node reads them off the
 * module object at each call, so that object is the one place to mend.
 *
 * @returns the names that were missing
 */
export function mendUtil(): string[] {
  // The cast: @types/node rightly does not list functions that are gone.
  const module = util as unknown as Record<string, unknown>;
  const missing = Object.keys(replacements).filter(name => typeof module[name] !== 'function');
  try {
    Object.assign(module, replacements);
  } catch {
    return []; // Node's modules are frozen: tfjs-node has what this Node has
  }
  return missing;
}
