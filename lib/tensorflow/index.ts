/**
 * TensorFlow for Node 20 to 26. This module loads `@tensorflow/tfjs-node-gpu` or `@tensorflow/tfjs-node` and exports it
 * as `tf`. It restores functions that the package calls and that newer Node versions removed. If the package has no
 * TensorFlow of its own, it uses the one that `npx frac-connections setup` prepared. Importing this module makes TensorFlow the
 * backend of tfjs.
 *
 * TensorFlow logs errors only, unless `TF_CPP_MIN_LOG_LEVEL` is set. Its oneDNN kernels print a message and round
 * differently, so they are off unless `TF_ENABLE_ONEDNN_OPTS` is set to 1. `FRAC_CONNECTIONS_TENSORFLOW=off` disables
 * TensorFlow.
 *
 * If TensorFlow cannot be loaded, the import throws a `FracConnectionsError` (`ERR_TENSORFLOW`). Its message lists
 * every attempt, and the commands that install TensorFlow.
 *
 * @example
 * ```ts
 * import { tf } from 'frac-connections/tensorflow';
 * console.log(tf.getBackend()); // tensorflow
 * tf.mul(tf.tensor([1, 2]), 3).print();
 * ```
 *
 * @packageDocumentation
 */
import { loadTensorflow, type TensorflowInfo } from './load.js';
import type { TfjsNode } from './types.js';

export type { TensorflowInfo } from './load.js';
export type { TfjsNode } from './types.js';

const loaded = loadTensorflow();

/** The module of tfjs-node, with TensorFlow as its backend. */
export const tf: TfjsNode = loaded.tf;

/** Packages, versions and files behind {@link tf}. */
export function tensorflowInfo(): TensorflowInfo {
  return loaded.info;
}
