import * as tf from '@tensorflow/tfjs-core';

/** An attribute of an op, in the form of tfjs-node. */
export interface Attribute {
  name: string;
  type: number;
  value: string;
}

/** The part of tfjs-node's backend that path `tensorflow` uses. */
export interface NodeBackend {
  readonly binding: { TF_ATTR_STRING: number };
  readonly isUsingGpuDevice: boolean;
  executeMultipleOutputs(
    op: string,
    attributes: Attribute[],
    inputs: tf.TensorInfo[],
    outputs: number,
  ): tf.Tensor[];
}

// The type of tf.backend() has only what all backends share.
/** The active backend, which must be that of tfjs-node. */
export const nodeBackend = () => tf.backend() as unknown as NodeBackend;
/** A backend by name, which may not be that of tfjs-node. */
export const findNodeBackend = (backend: string) =>
  tf.findBackend(backend) as unknown as Partial<NodeBackend> | null;
