import type * as tf from '@tensorflow/tfjs-core';
import type { ResolvedOptions } from '../options.js';
import { prepareBackend } from '../runtime.js';
import { OPS, type Stem } from './contracts.js';
import { byName, callKernel } from './kernel.js';

/** The outputs of an op, by name. */
type Outputs<S extends Stem> = Record<(typeof OPS)[S]['outputs'][number], tf.Tensor>;

/** Runs an op on the active backend, as a tfjs kernel: tfjs profiles it, keeps what its gradient needs and tapes it. */
export function runOp<S extends Stem>(
  stem: S,
  inputs: Record<string, tf.Tensor | undefined>,
  o: ResolvedOptions,
): Outputs<S> {
  prepareBackend();
  const { kernelName, outputs } = OPS[stem];
  const names: string[] = [];
  const tensors: tf.Tensor[] = [];
  for (const name in inputs) {
    const tensor = inputs[name];
    if (tensor === undefined) continue;
    names.push(name);
    tensors.push(tensor);
  }
  return byName(outputs, callKernel(kernelName, names, tensors, o)) as Outputs<S>;
}
