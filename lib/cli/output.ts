/** Where a command writes: results to stdout, what happens to stderr, so that results can be piped. */
export interface Output {
  quiet: boolean;
  /** A result. */
  print(line: string): void;
  /** What is going on; not with `--quiet`. */
  say(line: string): void;
  /** What the user should know even with `--quiet`. */
  warn(line: string): void;
}

/** Output on the process's own streams. */
export function openOutput(quiet: boolean): Output {
  return {
    quiet,
    print: line => void process.stdout.write(`${line}\n`),
    say: line => void (quiet || process.stderr.write(`${line}\n`)),
    warn: line => void process.stderr.write(`${line}\n`),
  };
}
