import * as tf from '@tensorflow/tfjs-core';
import { FracConnectionsError } from './errors.js';

/** Weights by name, as saved in a file. */
export type StateDict = Record<string, tf.Variable>;

/**
 * Assigns tensors to variables of the same names. Every name, shape and type is checked before the first is assigned, so a
 * failure changes nothing.
 *
 * @param fn the caller's public name, for messages
 */
export function assignState(fn: string, variables: StateDict, tensors: Record<string, tf.Tensor>): void {
  const missing = Object.keys(variables).filter(name => !(name in tensors));
  const extra = Object.keys(tensors).filter(name => !(name in variables));
  if (missing.length + extra.length > 0) {
    const parts = [list('missing', missing), list('not known here', extra)].filter(part => part !== '');
    throw new FracConnectionsError(
      'ERR_WEIGHTS',
      `${fn}: weights of another configuration: ${parts.join('; ')}`,
    );
  }
  for (const [name, variable] of Object.entries(variables)) {
    const tensor = tensors[name]!;
    if (!tf.util.arraysEqual(variable.shape, tensor.shape) || tensor.dtype !== 'float32') {
      throw new FracConnectionsError(
        'ERR_WEIGHTS',
        `${fn}: ${name} must be float32 [${variable.shape}], got ${tensor.dtype} [${tensor.shape}]`,
      );
    }
  }
  for (const [name, variable] of Object.entries(variables)) {
    // tfjs frees a variable's old data before it takes the new, so it must not be assigned itself.
    if (tensors[name] !== variable) variable.assign(tensors[name]!);
  }
}

function list(what: string, names: string[]): string {
  if (names.length === 0) return '';
  const shown = names.slice(0, 3).join(', ');
  return `${what}: ${shown}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;
}
