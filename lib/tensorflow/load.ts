import { createRequire } from 'node:module';
import { join } from 'node:path';
import { FracConnectionsError } from '../common/errors.js';
import { BUNDLED, findRoot } from '../common/root.js';
import { mendUtil } from './mend.js';
import { findPackages, otherCore, type TfjsPackage } from './packages.js';
import { type Prepared, readPrepared } from './prepared.js';
import type { TfjsNode } from './types.js';

/** What runs behind `tf`, for reports and bug reports. */
export interface TensorflowInfo {
  /** `@tensorflow/tfjs-node-gpu` or `@tensorflow/tfjs-node`. */
  package: string;
  /** Version of that package. */
  packageVersion: string;
  /** TensorFlow's own version, as the loaded library tells it. */
  tensorflowVersion: string;
  /** `own`: what the package's installer put there. `prepared`: what `npm run setup` prepared. */
  source: 'own' | 'prepared';
  /** The binding's file. */
  binding: string;
  /** Functions of Node's `util` that were put back for tfjs-node. */
  mended: string[];
}

/** TensorFlow, or every reason why it is not there. */
export type TensorflowResult = { tf: TfjsNode; info: TensorflowInfo } | { reasons: string[] };

/**
 * Loads a tfjs-node package with `binding` as its native part. The package asks node-pre-gyp where its binding lies and takes no
 * other word for it, so for the length of this one call node-pre-gyp gives this answer. Hence nothing is ever written into
 * `node_modules`: `npm ci` finds there what it put there, and any number of projects share one binding.
 */
function requireWith(found: TfjsPackage, binding: string): TfjsNode {
  const load = createRequire(join(found.directory, 'package.json'));
  // The module that answers, not an entry of require.cache: Jest's module registry ignores that cache.
  const preGyp = load('@mapbox/node-pre-gyp/lib/pre-binding.js') as { find(manifest: string): string };
  const real = preGyp.find;
  preGyp.find = () => binding;
  try {
    return load('./dist/index.js') as TfjsNode;
  } finally {
    preGyp.find = real;
  }
}

/** `tf.backend().binding` of tfjs-node: its typings keep it private. */
function tensorflowVersion(tf: TfjsNode): string {
  const { binding } = tf.backend() as unknown as { binding?: { TF_Version?: string } };
  return binding?.TF_Version ?? 'unknown';
}

/** The ways to load `found`, best first: each a source and a binding. */
function ways(found: TfjsPackage, prepared: Prepared | { reason: string }) {
  const list: { source: TensorflowInfo['source']; binding: string }[] = [];
  if (found.ownBinding) list.push({ source: 'own', binding: found.ownBinding });
  if ('binding' in prepared && prepared.tfjs === found.version) {
    const way = { source: 'prepared' as const, binding: prepared.binding };
    if (prepared.source === 'user') list.unshift(way);
    else list.push(way);
  }
  return list;
}

/** Why `found` has no way to load at all. */
function noWay(found: TfjsPackage, prepared: Prepared | { reason: string }): string {
  const other =
    'reason' in prepared
      ? prepared.reason
      : `set-up prepared a binding for ${prepared.tfjs}, not this version`;
  return `${found.name} ${found.version} has no native binding of its own, and ${other}`;
}

/**
 * Settings that TensorFlow reads once, when its library loads, unless the user has set them. Log level 2 leaves errors.
 * The oneDNN kernels announce themselves below any log level and round in an order of their own; for the matrix sizes
 * of small language models they were measured to be no faster, so they are off.
 */
function beQuiet(): void {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  process.env.TF_ENABLE_ONEDNN_OPTS ??= '0';
}

function firstLine(error: unknown): string {
  return String((error as Error)?.message ?? error).split('\n', 1)[0]!;
}

function search(): TensorflowResult {
  if (process.env.FRAC_CONNECTIONS_TENSORFLOW === 'off')
    return { reasons: ['FRAC_CONNECTIONS_TENSORFLOW is off'] };
  if (findRoot() === undefined) return { reasons: [BUNDLED] };
  const { packages, problems } = findPackages();
  if (packages.length === 0) {
    const none = 'neither @tensorflow/tfjs-node-gpu nor @tensorflow/tfjs-node is installed';
    return { reasons: problems.length > 0 ? problems : [none] };
  }
  const prepared = readPrepared();
  const mended = mendUtil();
  beQuiet();
  const reasons = problems;
  for (const found of packages) {
    const strange = otherCore(found);
    const list = strange ? [] : ways(found, prepared);
    if (strange) reasons.push(`${found.name} ${found.version}: ${strange}`);
    else if (list.length === 0) reasons.push(noWay(found, prepared));
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

let result: TensorflowResult | undefined;

/**
 * Loads TensorFlow if it can be had: `{ tf, info }`, or `{ reasons }` with one line for each thing tried. Never
 * throws for an absent TensorFlow. The first answer stands for the life of the process.
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
    result = { reasons: [firstLine(error)] }; // whatever this machine refuses, it is a reason
  }
  return result;
}

/**
 * Loads TensorFlow.
 *
 * @throws FracConnectionsError `ERR_TENSORFLOW` with every reason and what to type
 */
export function loadTensorflow(): { tf: TfjsNode; info: TensorflowInfo } {
  const found = tryTensorflow();
  if ('tf' in found) return found;
  throw new FracConnectionsError(
    'ERR_TENSORFLOW',
    `frac-connections/tensorflow: no TensorFlow could be loaded:\n${found.reasons.map(r => `  - ${r}\n`).join('')}` +
      'Type `npm install @tensorflow/tfjs-node` (its installer fetches TensorFlow), or in a checkout of ' +
      'frac-connections `npm run setup`, which prepares one for all projects of this user.',
  );
}
