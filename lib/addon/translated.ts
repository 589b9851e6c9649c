import { type ErrorCode, FracConnectionsError } from '../common/errors.js';

/** Runs a native call; what it throws comes out as this package's error. */
export function translated<T>(call: () => T): T {
  try {
    return call();
  } catch (cause) {
    throw translate(cause);
  }
}

/** What a native call threw as this package's error. */
export function translate(cause: unknown): unknown {
  const { code, message } = cause as { code?: string; message?: string };
  if (!code?.startsWith('ERR_')) return cause;
  // The codes are written in native/node/; they are those of lib/common/errors.ts.
  return new FracConnectionsError(code as ErrorCode, message!, { cause });
}
