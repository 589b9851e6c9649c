import { describe, expect, it } from 'vitest';
import { optionsOf, readCases, snake, weightsOf } from '../support/cases.js';
import { expectValues, TOLERANCE } from '../support/compare.js';
import { runConnection, toTensors } from '../support/run_ops.js';

// Values computed in float64 from the papers' equations; see test/fixtures/README.md.
describe.each(readCases().map(each => [each.config.name, each] as const))('%s', (_, reference) => {
  it('has the reference values and gradients', () => {
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
  });
});

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
