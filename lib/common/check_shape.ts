import { FracConnectionsError } from './errors.js';

/** A shape. A leading `'...'` stands for any number of sizes. */
export type ShapeRule = readonly (number | '...')[];

/**
 * Throws unless a shape is one of the allowed shapes.
 *
 * @param fn the public name of the caller, for error messages
 */
export function checkShape(
  fn: string,
  name: string,
  shape: readonly number[],
  allowed: readonly ShapeRule[],
): void {
  for (const rule of allowed) if (fits(shape, rule)) return;
  const rules = allowed.map(rule => `[${rule.join(', ')}]`).join(' or ');
  throw new FracConnectionsError('ERR_SHAPE', `${fn}: ${name} must be ${rules}, got [${shape}]`);
}

function fits(shape: readonly number[], rule: ShapeRule): boolean {
  const open = rule[0] === '...' ? 1 : 0;
  const before = shape.length - rule.length;
  if (open ? before < -1 : before !== 0) return false;
  for (let i = open; i < rule.length; i++) if (rule[i] !== shape[before + i]) return false;
  return true;
}
