/** The command line or a configuration file is wrong: exit code 2, and where to read more. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
