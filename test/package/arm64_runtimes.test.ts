import { expect, test } from 'vitest';
import { NODE_VERSIONS, nodeBinary, type Runtime, runtimeBinary } from '../tensorflow/node_binaries.js';
import { expectNeon, onArm64 } from './support/arm64.js';
import { RUNTIME_ARGUMENTS } from './support/consumer.js';

onArm64(() => {
  test.each(NODE_VERSIONS.slice(1))('Node %s has the kernels', version => {
    const given = expectNeon(nodeBinary(version, 'arm64'), ['main.mjs']);
    expect(given.machine.version).toBe(`v${version}`);
  });

  test.each(Object.keys(RUNTIME_ARGUMENTS) as Runtime[])('%s has the kernels', name => {
    expectNeon(runtimeBinary(name, 'linux-arm64'), [...RUNTIME_ARGUMENTS[name], 'main.mjs']);
  });
});
