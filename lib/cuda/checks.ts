import { show } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';

type Class<T> = abstract new (...args: never[]) => T;

/** Throws unless `value` is an instance of this class. */
export function checkIs<T>(fn: string, name: string, value: unknown, type: Class<T>): asserts value is T {
  if (value instanceof type) return;
  throw new FracConnectionsError('ERR_DTYPE', `${fn}: ${name} must be a ${type.name}, got ${show(value)}`);
}
