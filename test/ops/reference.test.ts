import { describe, it } from 'vitest';
import { readCases } from '../support/read_cases.js';
import { expectReference } from '../support/reference.js';

// Values computed in float64 from the papers' equations; see test/fixtures/README.md.
describe.each(readCases().map(each => [each.config.name, each] as const))('%s', (_, reference) => {
  it('has the reference values and gradients', () => expectReference(reference));
});
