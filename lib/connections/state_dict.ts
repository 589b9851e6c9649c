import * as tf from '@tensorflow/tfjs-core';
import { show } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';

/** Weights by the names that they have in files. */
export type StateDict = Record<string, tf.Variable>;

/**
 * Assigns tensors to the variables of the same names. It checks every name, shape and type before it assigns the first,
 * so an error changes no variable.
 *
 * @param fn the public name of the caller, for error messages
 */
export function assignState(fn: string, variables: StateDict, tensors: Record<string, tf.Tensor>): void {
  if (typeof tensors !== 'object' || tensors === null) {
    throw new FracConnectionsError(
      'ERR_WEIGHTS',
      `${fn}: weights must be an object of tensors, got ${show(tensors)}`,
    );
  }
  const missing = Object.keys(variables).filter(name => !Object.hasOwn(tensors, name));
  const extra = Object.keys(tensors).filter(name => !Object.hasOwn(variables, name));
  if (missing.length + extra.length > 0) {
    const parts = [list('missing', missing), list('unknown', extra)].filter(part => part !== '');
    throw new FracConnectionsError(
      'ERR_WEIGHTS',
      `${fn}: the names of the weights must match this configuration (${parts.join('; ')})`,
    );
  }
  for (const [name, variable] of Object.entries(variables)) {
    const tensor = tensors[name];
    if (!(tensor instanceof tf.Tensor)) {
      throw new FracConnectionsError(
        'ERR_WEIGHTS',
        `${fn}: ${name} must be a tf.Tensor, got ${show(tensor)}`,
      );
    }
    if (tensor.isDisposed) {
      throw new FracConnectionsError('ERR_DISPOSED', `${fn}: ${name} must not be disposed`);
    }
    if (!tf.util.arraysEqual(variable.shape, tensor.shape) || tensor.dtype !== 'float32') {
      throw new FracConnectionsError(
        'ERR_WEIGHTS',
        `${fn}: ${name} must be float32 [${variable.shape}], got ${tensor.dtype} [${tensor.shape}]`,
      );
    }
  }
  // tfjs frees the old data of a variable before it assigns the new. A tensor to assign may be one of these variables
  // itself, so clones keep all data alive until the end.
  const values = Object.entries(variables).map(
    ([name, variable]) => [variable, tf.clone(tensors[name]!)] as const,
  );
  for (const [variable, value] of values) {
    variable.assign(value);
    value.dispose();
  }
}

function list(what: string, names: string[]): string {
  if (names.length === 0) return '';
  const shown = names.slice(0, 3).join(', ');
  return `${what}: ${shown}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;
}
