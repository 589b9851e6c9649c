import * as tf from '@tensorflow/tfjs-core';
import { show } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';
import { PATHS, type Path, registerPath, remarks, unavailable } from './paths.js';

/** The path that ops take, and why. See {@link runtimeInfo}. */
export interface RuntimeInfo {
  /** The active tfjs backend. */
  backend: string;
  /** The path that ops take on this backend. */
  path: Path;
  /** Remarks about this path on this backend, such as what slows it down. Usually empty. */
  remarks: string[];
  /** The path set by {@link setPath} or, at the start, by `FRAC_CONNECTIONS_PATH`; otherwise 'auto'. */
  requested: Path | 'auto';
  /** The paths not taken, fastest first, each with the reason. */
  notTaken: { path: Path; reason: string }[];
}

interface State {
  requested: Path | 'auto';
  /** For each backend, the path whose kernels are registered. */
  registered: Map<string, Path>;
}

// tfjs has one kernel registry per process. So this state exists once per process too, even if both the ES module and
// the CommonJS form of this package are loaded.
const KEY = Symbol.for('frac-connections.runtime');
const holder = globalThis as { [KEY]?: State };
holder[KEY] ??= { requested: requestedAtStart(), registered: new Map() };
const state: State = holder[KEY];

/**
 * The value of `FRAC_CONNECTIONS_PATH`, if there are environment variables. The first op throws if the value is wrong.
 */
function requestedAtStart(): Path | 'auto' {
  const wanted = typeof process === 'undefined' ? undefined : process.env?.FRAC_CONNECTIONS_PATH;
  return (wanted || 'auto') as Path | 'auto';
}

/** Registers the kernels of the chosen path for the active backend, unless they are registered already. */
export function prepareBackend(): void {
  const backend = activeBackend();
  if (state.registered.has(backend)) return;
  const chosen = choose(backend);
  registerPath(chosen, backend);
  state.registered.set(backend, chosen);
}

/**
 * Returns the path that ops take on the active tfjs backend, and the reason why they do not take each other path.
 *
 * @example
 * ```ts
 * runtimeInfo(); // { backend: 'cpu', path: 'native', remarks: [], requested: 'auto', notTaken: [...] }
 * ```
 */
export function runtimeInfo(): RuntimeInfo {
  const backend = activeBackend();
  const path = choose(backend);
  const notTaken = PATHS.filter(other => other !== path).map(other => ({
    path: other,
    reason:
      unavailable(other, backend) ??
      (state.requested === 'auto' ? 'a faster path was taken' : `'${path}' was requested`),
  }));
  return { backend, path, remarks: remarks(path, backend), requested: state.requested, notTaken };
}

/** Returns the path that ops take on the active tfjs backend. */
export function path(): Path {
  return choose(activeBackend());
}

/**
 * Sets the path that ops take on every backend. With 'auto', the default, ops take the fastest path that works. A backend on which
 * the path cannot run keeps choosing automatically. The environment variable `FRAC_CONNECTIONS_PATH` sets the path at the start.
 *
 * @throws FracConnectionsError ERR_PATH when there is no such path or when it cannot run on the active backend; nothing changes then
 *
 * @example
 * ```ts
 * setPath('fallback'); // compare a result with the composition of tfjs ops
 * setPath('auto');
 * ```
 */
export function setPath(path: Path | 'auto'): void {
  checkRequest('setPath: path', path);
  const backend = activeBackend();
  const reason = path === 'auto' ? undefined : unavailable(path, backend);
  if (reason !== undefined) {
    throw new FracConnectionsError(
      'ERR_PATH',
      `setPath: '${path}' cannot run on tfjs backend '${backend}': ${reason}`,
    );
  }
  state.requested = path;
  // The next op on each backend registers its kernels again.
  state.registered.clear();
}

function checkRequest(what: string, path: Path | 'auto'): void {
  if (path === 'auto' || PATHS.includes(path)) return;
  const names = ['auto', ...PATHS].map(name => `'${name}'`).join(', ');
  throw new FracConnectionsError('ERR_PATH', `${what} must be one of ${names}, got ${show(path)}`);
}

// If the requested path cannot run on this backend, the choice is automatic.
function choose(backend: string): Path {
  const { requested } = state;
  checkRequest('FRAC_CONNECTIONS_PATH', requested);
  const able = (path: Path) => unavailable(path, backend) === undefined;
  return requested !== 'auto' && able(requested) ? requested : PATHS.find(able)!;
}

function activeBackend(): string {
  tf.backend(); // initialises a backend if none is active yet
  return tf.getBackend();
}
