import { type ErrorCode, FracConnectionsError } from '../common/errors.js';

/** Runs a native call. Converts its errors to FracConnectionsError. */
export function translated<T>(call: () => T): T {
  try {
    return call();
  } catch (cause) {
    throw translate(cause);
  }
}

/** Converts an error of a native call to FracConnectionsError. Returns other errors as they are. */
export function translate(cause: unknown): unknown {
  const { code, message } = cause as { code?: string; message?: string };
  if (!code?.startsWith('ERR_')) return cause;
  // native/node/ puts the code at the start of the message. The codes are those of lib/common/errors.ts.
  return new FracConnectionsError(code as ErrorCode, message!, { cause });
}
