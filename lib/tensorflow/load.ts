import { createRequire } from 'node:module';
import { join } from 'node:path';
import { FracConnectionsError } from '../common/errors.js';
import { reasonOf } from '../common/reason.js';
import { bundledReason, findRoot } from '../common/root.js';
import { findPackages, otherCore, type TfjsPackage } from './packages.js';
import { patchUtil } from './patch_util.js';
import { type Prepared, readPrepared } from './prepared.js';
import type { TfjsNode } from './types.js';

/** The packages, versions and files behind `tf`. */
export interface TensorflowInfo {
  /** `@tensorflow/tfjs-node-gpu` or `@tensorflow/tfjs-node`. */
  package: string;
  /** Version of that package. */
  packageVersion: string;
  /** Version of the loaded TensorFlow library. */
  tensorflowVersion: string;
  /** `own`: the TensorFlow of the package's installer. `prepared`: the one of `npx frac-connections setup`. */
  source: 'own' | 'prepared';
  /** File of the native binding. */
  binding: string;
  /** Functions of Node's `util` that this Node lacks and that were restored for tfjs-node. */
  mended: string[];
}

/** TensorFlow, or every reason why it could not be loaded. */
export type TensorflowResult = { tf: TfjsNode; info: TensorflowInfo } | { reasons: string[] };

/**
 * Loads a tfjs-node package with `binding` as its native binding. The package gets the path of its binding only from
 * node-pre-gyp, so node-pre-gyp returns this path during this call. This way nothing is written into `node_modules`, and
 * many projects can share one binding.
 */
function requireWith(found: TfjsPackage, binding: string): TfjsNode {
  const load = createRequire(join(found.directory, 'package.json'));
  // Changes the module itself and not require.cache, because Jest has a module registry of its own.
  const preGyp = load('@mapbox/node-pre-gyp/lib/pre-binding.js') as { find(manifest: string): string };
  const real = preGyp.find;
  preGyp.find = () => binding;
  try {
    return load('./dist/index.js') as TfjsNode;
  } finally {
    preGyp.find = real;
  }
}

/** Reads `tf.backend().binding`, which is private in the types of tfjs-node. */
function tensorflowVersion(tf: TfjsNode): string {
  const { binding } = tf.backend() as unknown as { binding?: { TF_Version?: string } };
  return binding?.TF_Version ?? 'unknown';
}

/** The bindings with which `found` can be loaded, best first. */
function bindings(found: TfjsPackage, prepared: Prepared | { reason: string }) {
  const list: { source: TensorflowInfo['source']; binding: string }[] = [];
  if (found.ownBinding) list.push({ source: 'own', binding: found.ownBinding });
  if ('binding' in prepared && prepared.tfjs === found.version) {
    const candidate = { source: 'prepared' as const, binding: prepared.binding };
    if (prepared.source !== 'wheel') list.unshift(candidate);
    else list.push(candidate);
  }
  return list;
}

/** The reason why there is no binding for `found`. */
function noBinding(found: TfjsPackage, prepared: Prepared | { reason: string }): string {
  const other =
    'reason' in prepared ? prepared.reason : `set-up prepared a binding for version ${prepared.tfjs}`;
  return `${found.name} ${found.version} has no native binding of its own, and ${other}`;
}

/**
 * Sets environment variables that TensorFlow reads once, when its library loads. Values of the user stay. Log level 2
 * shows only errors. The oneDNN kernels print a message at any log level and sum in another order. They were measured
 * to be no faster for the matrix sizes of small language models, so they are off.
 */
function setDefaults(): void {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  process.env.TF_ENABLE_ONEDNN_OPTS ??= '0';
}

function firstLine(error: unknown): string {
  return String((error as Error)?.message ?? error).split('\n', 1)[0]!;
}

function search(): TensorflowResult {
  if (process.env.FRAC_CONNECTIONS_TENSORFLOW === 'off')
    return { reasons: ['FRAC_CONNECTIONS_TENSORFLOW is off'] };
  if (findRoot() === undefined) return { reasons: [bundledReason()] };
  const { packages, problems } = findPackages();
  if (packages.length === 0) {
    const none = 'neither @tensorflow/tfjs-node-gpu nor @tensorflow/tfjs-node is installed';
    return { reasons: problems.length > 0 ? problems : [none] };
  }
  const prepared = readPrepared();
  const mended = patchUtil();
  setDefaults();
  const reasons = problems;
  for (const found of packages) {
    const strange = otherCore(found);
    const list = strange ? [] : bindings(found, prepared);
    if (strange) reasons.push(`${found.name} ${found.version}: ${strange}`);
    else if (list.length === 0) reasons.push(noBinding(found, prepared));
    for (const { source, binding } of list) {
      try {
        const tf = requireWith(found, binding);
        const version = tensorflowVersion(tf);
        const from = { package: found.name, packageVersion: found.version, tensorflowVersion: version };
        return { tf, info: { ...from, source, binding, mended } };
      } catch (error) {
        reasons.push(`${found.name} ${found.version} with ${binding}: ${firstLine(error)}`);
      }
    }
  }
  return { reasons };
}

/** What makes TensorFlow load: the last lines of an error. npm 12 runs an installer only if somebody allowed it. */
const CURE =
  'Run `npm install --ignore-scripts @tensorflow/tfjs-node` and `npx frac-connections setup`, which prepares a TensorFlow on Linux ' +
  "x64. Or let tfjs-node's own installer run: `npm approve-scripts @tensorflow/tfjs-node` (npm 12), `npm rebuild @tensorflow/tfjs-node`.";

let result: TensorflowResult | undefined;

/**
 * Loads TensorFlow. Returns `{ tf, info }`, or `{ reasons }` with one line for each attempt that failed; a missing
 * TensorFlow is not an error. The first result is kept for the rest of the process.
 *
 * @example
 * ```ts
 * const found = tryTensorflow();
 * if ('tf' in found) console.log(found.info.tensorflowVersion);
 * else console.log(found.reasons.join('\n'));
 * ```
 */
export function tryTensorflow(): TensorflowResult {
  try {
    result ??= search();
  } catch (error) {
    result = { reasons: [reasonOf(error)] }; // whatever this machine refuses, it is a reason
  }
  return result;
}

/**
 * Loads TensorFlow.
 *
 * @throws FracConnectionsError `ERR_TENSORFLOW` with every reason, and the commands that install TensorFlow
 */
export function loadTensorflow(): { tf: TfjsNode; info: TensorflowInfo } {
  const found = tryTensorflow();
  if ('tf' in found) return found;
  throw new FracConnectionsError(
    'ERR_TENSORFLOW',
    `frac-connections/tensorflow: no TensorFlow could be loaded:\n${found.reasons.map(r => `  - ${r}\n`).join('')}` +
      CURE,
  );
}
