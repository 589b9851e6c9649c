import type * as tf from '@tensorflow/tfjs-core';
import type { Shape, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { FracConnectionsError } from '../common/errors.js';

/**
 * The shape of a layer's only input, `[batch, ..., width]`, and the width. Throws if there are more inputs or no known
 * width.
 */
export function inputShape(fn: string, shape: Shape | Shape[]): { sizes: Shape; width: number } {
  if (shape.some(Array.isArray)) {
    throw new FracConnectionsError('ERR_SHAPE', `${fn}: must have one input, got ${shape.length}`);
  }
  const sizes = shape as Shape;
  const width = sizes.at(-1);
  if (sizes.length < 2 || width === null || width === undefined) {
    throw new FracConnectionsError(
      'ERR_SHAPE',
      `${fn}: the input must be [batch, ..., width] with a known width, got ${showShape(sizes)}`,
    );
  }
  return { sizes, width };
}

/** Throws unless the last size of the input is a multiple of `rate`. */
export function checkMultiple(fn: string, name: string, rate: number, shape: Shape): void {
  if (shape.at(-1)! % rate === 0) return;
  throw new FracConnectionsError(
    'ERR_SHAPE',
    `${fn}: the input's last size must be a multiple of ${name} = ${rate}, got ${showShape(shape)}`,
  );
}

/** Throws if the output of an inner layer has another shape than its input. Unknown sizes match. */
export function checkSameShape(fn: string, input: Shape, output: SymbolicTensor | SymbolicTensor[]): void {
  const shapes = Array.isArray(output) ? output.map(each => each.shape) : [output.shape];
  const [shape] = shapes;
  const same = (a: number | null | undefined, b: number | null) => a === b || a === null || b === null;
  if (
    shapes.length === 1 &&
    shape!.length === input.length &&
    input.every((size, i) => same(shape![i], size))
  ) {
    return;
  }
  throw new FracConnectionsError(
    'ERR_SHAPE',
    `${fn}: layer must keep the shape of its input, ${showShape(input)}, got ${shapes.map(showShape).join(' and ')}`,
  );
}

/** The only tensor among the inputs of a layer. Throws if there are more. */
export function oneTensor(fn: string, inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
  if (!Array.isArray(inputs)) return inputs;
  if (inputs.length === 1) return inputs[0]!;
  throw new FracConnectionsError('ERR_SHAPE', `${fn}: must have one input, got ${inputs.length}`);
}

const showShape = (shape: Shape) => `[${shape.map(String).join(', ')}]`;
