import { expect } from 'vitest';
import { fracDepth } from '../../lib/ops/frac_depth.js';
import { fracWidth } from '../../lib/ops/frac_width.js';
import { type Case, snake } from './cases.js';
import { expectValues, TOLERANCE } from './compare.js';
import { type CaseResults, runCase } from './run_ops.js';

/** Expects outputs and gradients of a case: of the sources' ops, on whatever path they take now, unless others are given. */
export function expectReference(
  reference: Case,
  { outputs, gradients }: CaseResults = runCase({ fracWidth, fracDepth }, reference),
): void {
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
