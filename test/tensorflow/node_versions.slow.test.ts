import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { NODE_VERSIONS, nodeBinary } from './node_binaries.js';

const root = join(import.meta.dirname, '..', '..');
const dist = join(root, 'dist');

// What a program does with it: an op, a product, and a training step; tf.mul and tf.topk are where Node 23 breaks tfjs-node.
const PROGRAM = `
  const product = tf.mul(tf.tensor1d([1, 2, 3]), 2).arraySync();
  const matrix = tf.matMul(tf.ones([2, 3]), tf.ones([3, 4])).arraySync();
  const top = tf.topk(tf.tensor1d([3, 9, 4]), 2).values.arraySync();
  const w = tf.variable(tf.tensor1d([1, -2]));
  const optimizer = tf.train.sgd(0.25);
  optimizer.minimize(() => tf.sum(tf.square(w)));
  const { tensorflowVersion, mended } = tensorflowInfo();
  console.log(JSON.stringify({
    node: process.version, backend: tf.getBackend(), product, matrix, top, weights: w.arraySync(), tensorflowVersion, mended,
  }));`;
const FORMATS = {
  esm: `import { tf, tensorflowInfo } from '${dist}/esm/tensorflow/index.js';`,
  cjs: `const { tf, tensorflowInfo } = require('${dist}/cjs/tensorflow/index.js');`,
};

// The processes load TensorFlow themselves, whatever the backend here: once is enough.
describe('frac-connections/tensorflow', () => {
  const binaries = new Map<string, ReturnType<typeof nodeBinary>>();

  beforeAll(() => {
    if (!existsSync(join(dist, '.stamp'))) throw new Error('dist/ is not built: type npm run build');
    for (const version of NODE_VERSIONS) binaries.set(version, nodeBinary(version));
  }, 600_000);

  describe.each(NODE_VERSIONS)('on Node %s', version => {
    test.for(['esm', 'cjs'] as const)('%s', (format, { skip }) => {
      const binary = binaries.get(version)!;
      if ('reason' in binary) return skip(`no Node ${version}: ${binary.reason}`);
      const type = format === 'esm' ? 'module' : 'commonjs';
      const args = [`--input-type=${type}`, '-e', `${FORMATS[format]}${PROGRAM}`];
      const { stdout, stderr, status } = spawnSync(binary.path, args, { encoding: 'utf8', cwd: root });
      expect(stderr, 'nothing is printed that the user did not ask for').toBe('');
      expect(status).toBe(0);
      const gone = Number(version.split('.')[0]) >= 23;
      expect(JSON.parse(stdout)).toEqual({
        node: `v${version}`,
        backend: 'tensorflow',
        product: [2, 4, 6],
        matrix: [
          [3, 3, 3, 3],
          [3, 3, 3, 3],
        ],
        top: [9, 4],
        weights: [0.5, -1],
        tensorflowVersion: expect.stringMatching(/^2\.\d+\.\d+/),
        mended: gone ? ['isNullOrUndefined'] : [],
      });
    });
  });
});
