import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { readPrepared } from '../../lib/tensorflow/prepared.js';
import { NODE_VERSIONS, nodeBinary } from '../tensorflow/node_binaries.js';
import {
  addPrograms,
  copyConsumer,
  expectCases,
  expectNative,
  prebuilt,
  runProgram,
} from './support/consumer.js';
import { newFolder, remove } from './support/folders.js';
import { makeProject, npm, TFJS_NODE } from './support/managers.js';

const prepared = readPrepared();
const noTensorflow = 'reason' in prepared ? prepared.reason : undefined;
if (noTensorflow && process.env.FRAC_CONNECTIONS_REQUIRE_TENSORFLOW === '1') {
  throw new Error(`FRAC_CONNECTIONS_REQUIRE_TENSORFLOW is 1, but ${noTensorflow}`);
}

describe.each(NODE_VERSIONS)('Node %s', version => {
  const node = nodeBinary(version);

  test.for(['main.mjs', 'main.cjs'])('%s runs ops on the native kernels', (program, { skip }) => {
    if ('reason' in node) return skip(`no Node ${version}: ${node.reason}`);
    const folder = copyConsumer();
    const given = runProgram(folder, program, {}, node.path);
    expect(given.machine.version).toBe(`v${version}`);
    expectNative(given, prebuilt(folder));
  });
});

describe('with TensorFlow', () => {
  let folder: string;

  beforeAll(() => {
    if (noTensorflow) return;
    folder = newFolder();
    makeProject(folder, inject('tarball'), { dependencies: TFJS_NODE });
    const installed = npm.install(folder, inject('caches'), false, [npm.skipScripts]);
    if (installed.status !== 0) throw new Error(installed.stderr);
    addPrograms(folder);
  });
  afterAll(() => folder && remove(folder));

  describe.each(NODE_VERSIONS)('Node %s', version => {
    test.for(['tensorflow.mjs', 'tensorflow.cjs'])('%s runs ops inside TensorFlow', (program, { skip }) => {
      if (noTensorflow) return skip(`no TensorFlow: ${noTensorflow}`);
      const node = nodeBinary(version);
      if ('reason' in node) return skip(`no Node ${version}: ${node.reason}`);
      const given = runProgram(folder, program, {}, node.path);
      expect(given.machine.version).toBe(`v${version}`);
      expect(given.runtime).toMatchObject({ backend: 'tensorflow', path: 'tensorflow', requested: 'auto' });
      expect(given.native).toMatchObject({ available: true, binary: prebuilt(folder) });
      expect(given.tensorflow).toMatchObject({
        package: '@tensorflow/tfjs-node-gpu',
        tensorflowVersion: expect.stringMatching(/^2\.\d+\.\d+/),
        source: 'prepared',
        mended: Number(version.split('.')[0]) >= 23 ? ['isNullOrUndefined'] : [],
      });
      expectCases(given);
    });
  });
});
