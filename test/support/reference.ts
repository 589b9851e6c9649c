import { expect } from 'vitest';
import { type Case, optionsOf, snake, weightsOf } from './cases.js';
import { expectValues, TOLERANCE } from './compare.js';
import { runConnection, toTensors } from './run_ops.js';

/** Expects outputs and gradients of a case, on whatever path ops take now. */
export function expectReference(reference: Case): void {
  const { h, y, gradX, gradOut } = toTensors({
    h: reference.inputs.h!,
    y: reference.inputs.y!,
    gradX: reference.inputs.grad_x!,
    gradOut: reference.inputs.grad_out!,
  });
  const inputs = { h: h!, y: y!, ...toTensors(weightsOf(reference)) };
  const { outputs, gradients } = runConnection(inputs, gradX!, gradOut!, optionsOf(reference));

  const { alpha, beta, ...dense } = reference.outputs;
  for (const [name, expected] of Object.entries(dense)) {
    expectValues(outputs[name as 'x' | 'out'], expected, TOLERANCE.forward, name);
  }
  // The reference repeats static coefficients for every token; the op returns them once.
  expectValues(outputs.alpha, shapedLike(outputs.alpha.shape, alpha), TOLERANCE.forward, 'alpha');
  expectValues(outputs.beta, shapedLike(outputs.beta.shape, beta), TOLERANCE.forward, 'beta');

  expect(Object.keys(gradients).map(snake).sort()).toEqual(Object.keys(reference.grads).sort());
  for (const [name, actual] of Object.entries(gradients)) {
    expectValues(actual, reference.grads[snake(name)]!, TOLERANCE.gradient, `gradient of ${name}`);
  }
}

function shapedLike(shape: number[], { shape: full, data }: { shape: number[]; data: number[] }) {
  if (shape.length === full.length) return { shape: full, data };
  return {
    shape,
    data: data.slice(
      0,
      shape.reduce((a, b) => a * b, 1),
    ),
  };
}
