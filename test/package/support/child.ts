import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { delimiter } from 'node:path';

/** How a program ended, and what it printed. */
export type Outcome = Pick<SpawnSyncReturns<string>, 'status' | 'signal' | 'stdout' | 'stderr'>;

export interface RunOptions {
  cwd: string;
  /** On top of {@link userEnvironment}. */
  env?: Record<string, string> | undefined;
  /** In milliseconds; 5 minutes if nothing else is said. */
  timeout?: number;
}

const USERS = /^(HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TERM|TMPDIR|XDG_CACHE_HOME)$/;
const WINDOWS =
  /^(SystemRoot|SystemDrive|windir|ComSpec|PATHEXT|TEMP|TMP|USERPROFILE|APPDATA|LOCALAPPDATA|ProgramData)$/i;
const NETWORK = /^(https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|npm_config_registry)$/i;

const pick = (names: RegExp) =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (names.test(name) ? [[name, value!]] : [])),
  );

/** npm settings without notices about updates, funding or audits. */
const TERSE = { npm_config_update_notifier: 'false', npm_config_fund: 'false', npm_config_audit: 'false' };

/** A user's environment: nothing of npm's, of the test runner's, or of this package's, and no path into this checkout. */
export function userEnvironment(): Record<string, string> {
  const path = process.env.PATH!.split(delimiter).filter(each => !each.includes('node_modules'));
  return { ...pick(USERS), ...pick(WINDOWS), ...TERSE, PATH: path.join(delimiter) };
}

/** What a program needs besides to reach a registry, the way this machine does. */
export const networkEnvironment = () => pick(NETWORK);

/** Runs a program to its end, however that is. */
export function run(program: string, args: string[], { cwd, env, timeout = 300_000 }: RunOptions): Outcome {
  // On Windows npm is a script, and only a shell can start it.
  const shell = process.platform === 'win32' && program === 'npm';
  const { error, ...outcome } = spawnSync(program, args, {
    shell,
    cwd,
    encoding: 'utf8',
    env: { ...userEnvironment(), ...env },
    maxBuffer: 1e9,
    timeout,
  });
  if (error) throw error;
  return outcome;
}

/** Runs a program; throws with all that it printed unless it succeeds. */
export function succeed(program: string, args: string[], options: RunOptions): Outcome {
  const outcome = run(program, args, options);
  if (outcome.status === 0) return outcome;
  const how = outcome.signal ?? outcome.status;
  throw new Error(`${program} ${args.join(' ')} ended with ${how}:\n${outcome.stdout}${outcome.stderr}`);
}
