import { test } from 'vitest';
import { NODE_VERSIONS, nodeBinary } from '../tensorflow/node_binaries.js';
import { expectNeon, onArm64 } from './support/arm64.js';
import { allCases, fewCases } from './support/consumer.js';

onArm64(() => {
  test.each([
    ['an ES module has the values and gradients of every reference case', 'main.mjs', allCases],
    ['CommonJS has those of a few', 'main.cjs', fewCases],
  ])('%s, on the kernels in NEON', (_, program, cases) => {
    expectNeon(nodeBinary(NODE_VERSIONS[0]!, 'arm64'), [program], cases);
  });
});
