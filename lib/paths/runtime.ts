import * as tf from '@tensorflow/tfjs-core';
import { show } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';
import { PATHS, type Path, registerPath, remarks, unavailable } from './paths.js';

/** How the ops run, and why. See {@link runtimeInfo}. */
export interface RuntimeInfo {
  /** The tfjs backend in use. */
  backend: string;
  /** The path that ops take on it. */
  path: Path;
  /** What to know of that path here, such as what slows it down; mostly nothing. */
  remarks: string[];
  /** The path that {@link setPath} asked for, or `FRAC_CONNECTIONS_PATH` at the start; else 'auto'. */
  requested: Path | 'auto';
  /** For each path not taken, in order of speed: why. */
  notTaken: { path: Path; reason: string }[];
}

interface State {
  requested: Path | 'auto';
  /** The path whose kernels are registered now, by backend. */
  registered: Map<string, Path>;
}

// tfjs keeps kernels in one registry a process, so what was registered there is also known once a process, even when the
// ESM and the CommonJS form of this package are both loaded.
const KEY = Symbol.for('frac-connections.runtime');
const holder = globalThis as { [KEY]?: State };
holder[KEY] ??= { requested: requestedAtStart(), registered: new Map() };
const state: State = holder[KEY];

/** `FRAC_CONNECTIONS_PATH`, where there are environment variables. A mistyped one is told by the first op. */
function requestedAtStart(): Path | 'auto' {
  const wanted = typeof process === 'undefined' ? undefined : process.env?.FRAC_CONNECTIONS_PATH;
  return (wanted || 'auto') as Path | 'auto';
}

/** Makes sure that the active backend has our kernels, on the path chosen for it. Cheap when it has. */
export function prepareBackend(): void {
  const backend = activeBackend();
  if (state.registered.has(backend)) return;
  const chosen = choose(backend);
  registerPath(chosen, backend);
  state.registered.set(backend, chosen);
}

/**
 * What ops on the active tfjs backend do: the path chosen, and why each other one was not.
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
      (state.requested === 'auto' ? 'a faster path was taken' : `'${path}' was asked for`),
  }));
  return { backend, path, remarks: remarks(path, backend), requested: state.requested, notTaken };
}

/** The path that ops take on the active tfjs backend. */
export function path(): Path {
  return choose(activeBackend());
}

/**
 * Forces the path that ops take, on every backend, or with 'auto' gives the choice back. The environment variable
 * `FRAC_CONNECTIONS_PATH` does the same from the start.
 *
 * @throws FracConnectionsError ERR_PATH when the active backend cannot take that path; nothing is changed then.
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
  // Kernels are registered anew at the next op on each backend.
  state.registered.clear();
}

function checkRequest(what: string, path: Path | 'auto'): void {
  if (path === 'auto' || PATHS.includes(path)) return;
  const names = ['auto', ...PATHS].map(name => `'${name}'`).join(', ');
  throw new FracConnectionsError('ERR_PATH', `${what} must be one of ${names}, got ${show(path)}`);
}

// A forced path that another backend does not have is not an error there: that backend goes on by itself.
function choose(backend: string): Path {
  const { requested } = state;
  checkRequest('FRAC_CONNECTIONS_PATH', requested);
  const able = (path: Path) => unavailable(path, backend) === undefined;
  return requested !== 'auto' && able(requested) ? requested : PATHS.find(able)!;
}

function activeBackend(): string {
  tf.backend(); // starts the backend if nothing did so far
  return tf.getBackend();
}
