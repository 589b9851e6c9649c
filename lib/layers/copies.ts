import type * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { FracConnectionsError } from '../common/errors.js';

// Two copies of tfjs-layers in one program do not know each other's layers and symbolic tensors: a layer of one copy takes a
// symbolic tensor of the other for values, and fails far from the cause.

/** Where copies of tfjs-layers lie, for a message; the entry for Node knows. */
export const installed: { list: () => string[] } = { list: () => [] };

function otherCopy(fn: string, name: string): FracConnectionsError {
  const where = installed.list();
  const list = where.length > 1 ? `: ${where.join(' and ')}` : '';
  return new FracConnectionsError(
    'ERR_OPTION',
    `${fn}: ${name} is of another copy of @tensorflow/tfjs-layers than the one that frac-connections uses${list}; ` +
      'type npm dedupe, so that one is left',
  );
}

/** Throws if a layer is of another copy of tfjs-layers. */
export function checkLayerCopy(fn: string, name: string, layer: tfl.layers.Layer): void {
  if (!(layer instanceof tfl.layers.Layer)) throw otherCopy(fn, name);
}

/** Throws if one of the inputs is a symbolic tensor of another copy of tfjs-layers. */
export function checkInputCopy(fn: string, inputs: unknown): void {
  for (const input of Array.isArray(inputs) ? inputs : [inputs]) {
    const symbolic = (input as Partial<tfl.SymbolicTensor> | null)?.sourceLayer !== undefined;
    if (symbolic && !(input instanceof tfl.SymbolicTensor)) throw otherCopy(fn, 'the input');
  }
}

/** What `apply` of a layer takes. */
export type Inputs = tf.Tensor | tf.Tensor[] | tfl.SymbolicTensor | tfl.SymbolicTensor[];
