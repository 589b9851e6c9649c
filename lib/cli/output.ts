/** Where a command writes: results to stdout, messages to stderr, so that results can be piped. */
export interface Output {
  quiet: boolean;
  /** A result. */
  print(line: string): void;
  /** A message that `--quiet` leaves out. */
  say(line: string): void;
  /** A message that the user should see even with `--quiet`. */
  warn(line: string): void;
}

/** Writes to the process's stdout and stderr. */
export function openOutput(quiet: boolean): Output {
  return {
    quiet,
    print: line => void process.stdout.write(`${line}\n`),
    say: line => void (quiet || process.stderr.write(`${line}\n`)),
    warn: line => void process.stderr.write(`${line}\n`),
  };
}
