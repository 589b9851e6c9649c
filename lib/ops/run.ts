import type * as tf from '@tensorflow/tfjs-core';
import { type Alias, callKernel } from '../contract/kernel.js';
import { OPS, type Stem } from '../contract/ops.js';
import type { ResolvedOptions } from '../contract/options.js';
import type { ConnectionWeights, WeightName } from '../contract/weights.js';
import { prepareBackend } from '../paths/runtime.js';

/**
 * Runs an op on the active backend as a tfjs kernel. tfjs profiles it, saves the inputs for its gradient and records it
 * on the tape.
 *
 * @param inputs the inputs, in the order of the op's contract
 * @param weights the weights, already checked
 * @param weightNames the names of those that there are, in order
 * @param alias if given, the op also returns its alias; its contract must have one
 * @returns the outputs in the order of the op's contract, then the alias
 */
export function runOp(
  stem: Stem,
  inputs: readonly tf.Tensor[],
  weights: Partial<ConnectionWeights>,
  weightNames: readonly WeightName[],
  o: ResolvedOptions,
  alias: Alias | false = false,
): tf.Tensor[] {
  prepareBackend();
  const { kernelName, inputs: inputNames } = OPS[stem];
  const names: string[] = [...inputNames];
  const tensors = [...inputs];
  for (const name of weightNames) {
    names.push(name);
    tensors.push(weights[name]!);
  }
  return callKernel(kernelName, names, tensors, o, alias);
}
