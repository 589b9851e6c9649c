import type * as tf from '@tensorflow/tfjs-core';
import { type Alias, callKernel } from '../contract/kernel.js';
import { OPS, type Stem } from '../contract/ops.js';
import type { ResolvedOptions } from '../contract/options.js';
import { type ConnectionWeights, weightNames } from '../contract/weights.js';
import { prepareBackend } from '../paths/runtime.js';

/**
 * Runs an op on the active backend, as a tfjs kernel: tfjs profiles it, keeps what its gradient needs and tapes it.
 *
 * @param inputs in the order of the op's contract
 * @param weights checked, where the op takes weights
 * @param alias to make the op's alias as well, which it must have
 * @returns the outputs in the order of the op's contract, then the alias
 */
export function runOp(
  stem: Stem,
  inputs: readonly tf.Tensor[],
  weights: ConnectionWeights | undefined,
  o: ResolvedOptions,
  alias: Alias | false = false,
): tf.Tensor[] {
  prepareBackend();
  const { kernelName, inputs: inputNames } = OPS[stem];
  const names: string[] = [...inputNames];
  const tensors = [...inputs];
  if (weights !== undefined) {
    for (const name of weightNames(o, weights)) {
      names.push(name);
      tensors.push(weights[name]!);
    }
  }
  return callKernel(kernelName, names, tensors, o, alias);
}
