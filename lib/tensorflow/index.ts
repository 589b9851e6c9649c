/**
 * TensorFlow for Node 20 to 26: finds `@tensorflow/tfjs-node-gpu` or `@tensorflow/tfjs-node`, puts back what newer
 * Node versions dropped and it still calls, takes the TensorFlow that `npm run setup` prepared where the package
 * has none of its own, and exports `tf`. Importing it makes TensorFlow the backend of tfjs.
 *
 * TensorFlow's own log is kept to errors unless `TF_CPP_MIN_LOG_LEVEL` says otherwise, and its oneDNN kernels, which
 * announce themselves and round differently, are off unless `TF_ENABLE_ONEDNN_OPTS` is set to 1.
 * `FRAC_CONNECTIONS_TENSORFLOW=off` makes it absent.
 *
 * Importing throws one `FracConnectionsError` (`ERR_TENSORFLOW`) when there is no TensorFlow; it names everything
 * that was tried, and what to type.
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

/** The tfjs-node module, with TensorFlow as its backend. */
export const tf: TfjsNode = loaded.tf;

/** What runs behind {@link tf}: packages, versions, files. */
export function tensorflowInfo(): TensorflowInfo {
  return loaded.info;
}
