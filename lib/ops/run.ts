import type * as tf from '@tensorflow/tfjs-core';
import type { ResolvedOptions } from '../options.js';
import { prepareBackend } from '../runtime.js';
import { OPS, type Stem } from './contracts.js';
import { byName, callKernel } from './kernel.js';

/** The outputs of an op, by name. */
type Outputs<S extends Stem> = Record<(typeof OPS)[S]['outputs'][number], tf.Tensor>;

/**
 * Runs an op on the active backend, as a tfjs kernel: tfjs profiles it, keeps what its gradient needs and tapes it.
 *
 * @param withAlias whether to make the op's alias as well, which it must have
 */
export function runOp<S extends Stem>(
  stem: S,
  inputs: Record<string, tf.Tensor | undefined>,
  o: ResolvedOptions,
  withAlias = false,
): Outputs<S> & { alias?: tf.Tensor } {
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
  const results = callKernel(kernelName, names, tensors, o, withAlias);
  const named = byName(outputs, results) as Outputs<S>;
  return withAlias ? { ...named, alias: results[outputs.length]! } : named;
}
