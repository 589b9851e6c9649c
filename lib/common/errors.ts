import { brand } from './brand.js';

/** The kind of an error, for programs. The message is for people. */
export type ErrorCode =
  | 'ERR_OPTION'
  | 'ERR_SHAPE'
  | 'ERR_DTYPE'
  | 'ERR_DISPOSED'
  | 'ERR_WEIGHTS'
  | 'ERR_PATH'
  | 'ERR_FILE'
  | 'ERR_DATA'
  | 'ERR_CHECKPOINT'
  | 'ERR_DIVERGED'
  | 'ERR_TENSORFLOW'
  | 'ERR_SETUP'
  | 'ERR_MEMORY'
  | 'ERR_CUDA'
  | 'ERR_NATIVE';

/**
 * The class of all errors that this package throws on purpose. The message has the function, the rule and the value:
 * `fracWidth: h must be [..., 512], got [2,3,511]`.
 *
 * @example
 * ```ts
 * try {
 *   new FracConnection({ dim: 10, rate: 4 });
 * } catch (error) {
 *   if (error instanceof FracConnectionsError && error.code === 'ERR_OPTION') console.error(error.message);
 * }
 * ```
 */
export class FracConnectionsError extends Error {
  override readonly name = 'FracConnectionsError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
brand(FracConnectionsError, 'FracConnectionsError');
