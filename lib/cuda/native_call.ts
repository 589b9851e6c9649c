import { translate } from '../addon/translated.js';
import { FracConnectionsError } from '../common/errors.js';

/** Runs a native call. An error gets the public name `fn` of the calling function as its prefix. */
export function nativeCall<T>(fn: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw named(fn, error);
  }
}

/** Like {@link nativeCall}, for a call that returns a promise. */
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
