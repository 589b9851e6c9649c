import { show } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';

/** As many as `setThreads` takes. */
const MAX_THREADS = 1024;

/**
 * Throws unless the environment variables that the addon reads say what it knows; empty is as good as absent. The addon
 * itself would take its own choice in silence, and a measurement or a shared machine's limit would not be what it seems.
 *
 * @param targets the instruction sets that this machine runs
 */
export function checkEnvironment(targets: readonly string[]): void {
  const { FRAC_CONNECTIONS_SIMD: simd, FRAC_CONNECTIONS_THREADS: threads } = process.env;
  if (simd && ![...targets, 'auto'].includes(simd)) {
    const names = ['auto', ...targets].map(name => `'${name}'`).join(', ');
    throw wrong('FRAC_CONNECTIONS_SIMD', `one that this machine runs, of ${names}`, simd);
  }
  if (threads && !(/^\d+$/.test(threads) && Number(threads) >= 1 && Number(threads) <= MAX_THREADS)) {
    throw wrong('FRAC_CONNECTIONS_THREADS', `an integer from 1 to ${MAX_THREADS}`, threads);
  }
}

const wrong = (name: string, rule: string, got: string) =>
  new FracConnectionsError('ERR_OPTION', `${name} must be ${rule}, got ${show(got)}`);
