import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tryTensorflow } from '../../lib/tensorflow/load.js';
import { projectWithTools } from './support/bundlers.js';
import { run } from './support/child.js';
import { root } from './support/folders.js';

/** Runs one test of Jest's, written as a body; what it logs is what it says. */
function jest(
  body: string,
  { environment = 'node', version = 'jest', nodePath = '' } = {},
  change?: (folder: string) => void,
) {
  const { project: folder, tool } = projectWithTools({
    'only.test.js': `test('it', async () => {\n${body}\n});`,
    'jest.config.json': JSON.stringify({ transform: {}, testTimeout: 60_000 }),
  });
  change?.(folder);
  const bin = tool(version, 'bin', 'jest.js');
  // The tools' own: from the project, the newer Jest's environment is found.
  const own = tool(version, 'node_modules', `jest-environment-${environment}`);
  const env = existsSync(own) ? own : environment;
  return run(process.execPath, [bin, '--config', 'jest.config.json', '--rootDir', folder, '--env', env], {
    cwd: folder,
    env: { NODE_PATH: nodePath },
  });
}

const COMPUTES = `
  const tf = require('@tensorflow/tfjs');
  const { FracConnection, runtimeInfo } = require('frac-connections');
  await tf.setBackend('cpu');
  const out = new FracConnection({ dim: 4, rate: 2 }).apply(tf.tensor([[1, 2, 3, 4]]), x => x);
  expect([...out.dataSync()]).toEqual([2, 4, 6, 8]);`;

test('Jest 30, environment node: native kernels', () => {
  const { status, stderr } = jest(`${COMPUTES} expect(runtimeInfo().path).toBe('native');`);
  expect(status, stderr).toBe(0);
});

test('Jest 30, environment jsdom: every entry for browsers can be required', () => {
  const { status, stderr } = jest(
    `${COMPUTES} expect(runtimeInfo().path).toBe('fallback');
    require('frac-connections/layers'); require('frac-connections/models');`,
    { environment: 'jsdom' },
  );
  expect(status, stderr).toBe(0);
});

test('Jest 27, which knows no exports, finds every subpath', () => {
  const { status, stderr } = jest(
    `${COMPUTES} for (const each of ['layers', 'models', 'cuda']) require('frac-connections/' + each);
    expect(() => require('frac-connections/tensorflow')).toThrow(/no TensorFlow could be loaded/);`,
    { version: 'jest27' },
  );
  expect(status, stderr).toBe(0);
});

const found = tryTensorflow();
const reason = 'reasons' in found ? found.reasons.join('; ') : undefined;

test('Jest 30, environment node: finds the TensorFlow that set-up prepared', context => {
  if (reason !== undefined) context.skip(`no TensorFlow here: ${reason}`);
  const addTfjsNode = (folder: string) => {
    const name = join('node_modules', '@tensorflow', 'tfjs-node-gpu');
    cpSync(join(root, name), join(folder, name), { recursive: true });
  };
  const { status, stderr } = jest(
    `const { tf, tensorflowInfo } = require('frac-connections/tensorflow');
    const { FracConnection, runtimeInfo } = require('frac-connections');
    expect(tensorflowInfo().source).toBe('prepared');
    const out = new FracConnection({ dim: 4, rate: 2 }).apply(tf.tensor([[1, 2, 3, 4]]), x => x);
    expect([...out.dataSync()]).toEqual([2, 4, 6, 8]);
    expect(runtimeInfo().path).toBe('tensorflow');`,
    { nodePath: join(root, 'node_modules') }, // what tfjs-node-gpu itself needs
    addTfjsNode,
  );
  expect(status, stderr).toBe(0);
});
