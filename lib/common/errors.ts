import { brand } from './brand.js';

/** What went wrong, for programs; the message says it for people. */
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
 * Every error this package throws on purpose. The message names the function, the rule and what it got:
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
