import * as tf from '@tensorflow/tfjs-core';
import { show } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';

/** Weights by name, as saved in a file. */
export type StateDict = Record<string, tf.Variable>;

/**
 * Assigns tensors to variables of the same names. Every name, shape and type is checked before the first is assigned, so a
 * failure changes nothing.
 *
 * @param fn the caller's public name, for messages
 */
export function assignState(fn: string, variables: StateDict, tensors: Record<string, tf.Tensor>): void {
  if (typeof tensors !== 'object' || tensors === null) {
    throw new FracConnectionsError(
      'ERR_WEIGHTS',
      `${fn}: weights must be tensors by name, got ${show(tensors)}`,
    );
  }
  const missing = Object.keys(variables).filter(name => !Object.hasOwn(tensors, name));
  const extra = Object.keys(tensors).filter(name => !Object.hasOwn(variables, name));
  if (missing.length + extra.length > 0) {
    const parts = [list('missing', missing), list('not known here', extra)].filter(part => part !== '');
    throw new FracConnectionsError(
      'ERR_WEIGHTS',
      `${fn}: weights of another configuration: ${parts.join('; ')}`,
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
  // tfjs frees a variable's old data before it takes the new. Clones keep it alive where that is a variable of this very
  // state, under its own name or another's.
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
