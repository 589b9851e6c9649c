import { expect } from 'vitest';
import { fracDepth } from '../../lib/ops/frac_depth.js';
import { fracWidth } from '../../lib/ops/frac_width.js';
import { type Case, snake } from './cases.js';
import { expectValues, type Result, TOLERANCE } from './compare.js';
import { runCase } from './run_ops.js';

/** Expects outputs and gradients of a case, on whatever path ops take now. */
export function expectReference(reference: Case): void {
  expectResults(reference, runCase({ fracWidth, fracDepth }, reference));
}

/** Expects these to be the outputs and gradients of a case. */
export function expectResults(
  reference: Case,
  { outputs, gradients }: { outputs: Record<string, Result>; gradients: Record<string, Result> },
): void {
  const { alpha, beta, ...dense } = reference.outputs;
  for (const [name, expected] of Object.entries(dense)) {
    expectValues(outputs[name]!, expected, TOLERANCE.forward, name);
  }
  // The reference repeats static coefficients for every token; the op returns them once.
  for (const [name, expected] of Object.entries({ alpha, beta })) {
    const actual = outputs[name]!;
    expectValues(actual, shapedLike(actual.shape, expected), TOLERANCE.forward, name);
  }

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
