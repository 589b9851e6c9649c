import { FracConnectionsError } from './errors.js';

/** A shape; a leading `'...'` stands for any number of sizes. */
export type ShapeRule = readonly (number | '...')[];

/**
 * Throws unless a shape is one of those allowed.
 *
 * @param fn the caller's public name, for messages
 */
export function checkShape(
  fn: string,
  name: string,
  shape: readonly number[],
  allowed: readonly ShapeRule[],
): void {
  if (allowed.some(rule => fits(shape, rule))) return;
  const rules = allowed.map(rule => `[${rule.join(', ')}]`).join(' or ');
  throw new FracConnectionsError('ERR_SHAPE', `${fn}: ${name} must be ${rules}, got [${shape}]`);
}

function fits(shape: readonly number[], rule: ShapeRule): boolean {
  const open = rule[0] === '...';
  const rest = open ? rule.slice(1) : rule;
  if (open ? shape.length < rest.length : shape.length !== rest.length) return false;
  const got = shape.slice(shape.length - rest.length);
  return rest.every((size, i) => size === got[i]);
}
