import { FracConnectionsError } from './errors.js';

/** Throws unless every name of `options` is one of `known`. */
export function checkNames(fn: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw new FracConnectionsError(
        'ERR_OPTION',
        `${fn}: unknown option '${name}'; the options are ${known.join(', ')}`,
      );
    }
  }
}

/** Throws unless `value` is an integer from `min` to `max`. */
export function checkInteger(
  fn: string,
  name: string,
  value: unknown,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): void {
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return;
  const range = max === Number.MAX_SAFE_INTEGER ? `, ${min} or more` : ` from ${min} to ${max}`;
  throw optionError(fn, name, `must be an integer${range}`, value);
}

/** Makes the error for a wrong option: `FracConnection: rate must be an integer from 1 to 8, got 9`. */
export function optionError(fn: string, name: string, rule: string, got: unknown): FracConnectionsError {
  return new FracConnectionsError('ERR_OPTION', `${fn}: ${name} ${rule}, got ${show(got)}`);
}

/** A short text for any value, for error messages. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) {
    const name = value.constructor?.name ?? 'object';
    return `${/^([AEIO]|U(?!int))/i.test(name) ? 'an' : 'a'} ${name}`;
  }
  if (typeof value === 'function') return 'a function';
  return String(value);
}
