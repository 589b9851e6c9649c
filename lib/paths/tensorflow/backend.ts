import * as tf from '@tensorflow/tfjs-core';

/** An attribute of an op, as tfjs-node takes it. */
export interface Attribute {
  name: string;
  type: number;
  value: string;
}

/** What path `tensorflow` uses of tfjs-node's backend. */
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

// tfjs types every backend by what all of them have.
/** The active backend, which must be tfjs-node's. */
export const nodeBackend = () => tf.backend() as unknown as NodeBackend;
/** A backend by name, which may be another. */
export const findNodeBackend = (backend: string) =>
  tf.findBackend(backend) as unknown as Partial<NodeBackend> | null;
