import { translate } from '../addon/translated.js';
import { FracConnectionsError } from '../common/errors.js';

/** Runs a native call; its error begins with the public name of the function that made it. */
export function nativeCall<T>(fn: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw named(fn, error);
  }
}

/** The same for a call that ends later. */
export async function nativePromise<T>(fn: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw named(fn, error);
  }
}

function named(fn: string, error: unknown): unknown {
  const own = translate(error);
  if (!(own instanceof FracConnectionsError) || own.message.startsWith(`${fn}:`)) return own;
  return new FracConnectionsError(own.code, `${fn}: ${own.message}`, { cause: own.cause });
}
