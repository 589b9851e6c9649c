/** An error in the command line or in a configuration file. The command ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
