import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nativeInfo } from '../../lib/addon/info.js';
import { path } from '../../lib/paths/runtime.js';
import { KERNELS, useAnyKernels, useKernels } from '../support/kernels.js';
import { readCases } from '../support/read_cases.js';
import { expectReference } from '../support/reference.js';

// Values computed in float64 from the papers' equations; see test/fixtures/README.md.
const cases = readCases().map(each => [each.config.name, each] as const);

describe.each(KERNELS)('kernels: $name', kernels => {
  beforeAll(() => useKernels(kernels));
  afterAll(useAnyKernels);

  it('are what ops run on', () => {
    expect(path()).toBe(kernels.path);
    if (kernels.target) expect(nativeInfo()).toMatchObject({ simd: { target: kernels.target } });
  });

  it.each(cases)('%s: reference values and gradients', (_, reference) => expectReference(reference));
});
