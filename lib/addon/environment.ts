import { show } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';

/** The same limit as in `setThreads`. */
const MAX_THREADS = 1024;

/**
 * Throws if an environment variable that the addon reads has an invalid value; an empty one counts as unset. The addon
 * itself would silently ignore an invalid value. Then a benchmark would not measure what it names, and a limit on
 * threads would not hold.
 *
 * @param targets the SIMD targets that this machine can run
 */
export function checkEnvironment(targets: readonly string[]): void {
  const { FRAC_CONNECTIONS_SIMD: simd, FRAC_CONNECTIONS_THREADS: threads } = process.env;
  if (simd && ![...targets, 'auto'].includes(simd)) {
    const names = ['auto', ...targets].map(name => `'${name}'`).join(', ');
    throw wrong('FRAC_CONNECTIONS_SIMD', `a SIMD target of this machine (${names})`, simd);
  }
  if (threads && !(/^\d+$/.test(threads) && Number(threads) >= 1 && Number(threads) <= MAX_THREADS)) {
    throw wrong('FRAC_CONNECTIONS_THREADS', `an integer from 1 to ${MAX_THREADS}`, threads);
  }
}

const wrong = (name: string, rule: string, got: string) =>
  new FracConnectionsError('ERR_OPTION', `${name} must be ${rule}, got ${show(got)}`);
