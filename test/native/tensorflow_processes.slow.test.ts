import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../setup/sandbox.js';
import { addon, binary, root } from './addon.js';

const dist = join(root, 'dist');

function runProgram(program: string, type: 'module' | 'commonjs') {
  const args = [`--input-type=${type}`, '-e', program];
  const child = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: root });
  expect(child, child.stderr).toMatchObject({ status: 0, signal: null, stderr: '' });
  return child.stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as unknown);
}

// A connection that doubles, and its gradient.
const USE = `
  const connection = new FracConnection({ dim: 4, rate: 2 });
  const h = tf.tensor1d([1, 2, 3, 4]);
  const f = each => connection.apply(each, x => x);
  console.log(JSON.stringify([runtimeInfo().path, [...f(h).dataSync()], [...tf.grad(f)(h).dataSync()]]));`;
const DONE = ['tensorflow', [2, 4, 6, 8], [2, 2, 2, 2]];

// The same in every worker; each loads tfjs-node for itself.
const WORKER = `
  const { tf } = require('${dist}/cjs/tensorflow/index.js');
  const { ConnectionStack, runtimeInfo } = require('${dist}/cjs/index.js');
  const { parentPort } = require('node:worker_threads');
  const stack = new ConnectionStack({ dim: 64, rate: 4, perturb: 0.3, branches: [1, 2, 3].map(() => x => tf.tanh(x)) });
  const h = tf.randomNormal([100, 64], 0, 1, 'float32', 7);
  const sums = [];
  for (let i = 0; i < 50; i++) tf.tidy(() => sums.push(tf.sum(tf.square(tf.grad(each => stack.apply(each))(h))).dataSync()[0]));
  parentPort.postMessage([runtimeInfo().path, new Set(sums).size, sums[0]]);`;

describe.runIf(addon?.tensorflow !== undefined)('a process with TensorFlow', () => {
  const imports = {
    ours: `import { FracConnection, runtimeInfo } from '${dist}/esm/index.js';`,
    tensorflow: `import { tf } from '${dist}/esm/tensorflow/index.js';`,
  };

  test('runs the ops whichever package comes first', () => {
    expect(runProgram(`${imports.ours} ${imports.tensorflow} ${USE}`, 'module')).toEqual([DONE]);
    expect(runProgram(`${imports.tensorflow} ${imports.ours} ${USE}`, 'module')).toEqual([DONE]);
  });

  test('runs them on TensorFlow that comes after another backend was used', () => {
    const program = `
        const tfjs = require('@tensorflow/tfjs');
        const { FracConnection, runtimeInfo } = require('${dist}/cjs/index.js');
        tfjs.env().set('IS_TEST', true); // no banner
        tfjs.setBackend('cpu');
        const early = new FracConnection({ dim: 4, rate: 2 });
        console.log(JSON.stringify([...early.apply(tfjs.ones([4]), x => x).dataSync()]));
        const { tf } = require('${dist}/cjs/tensorflow/index.js');
        ${USE}`;
    expect(runProgram(program, 'commonjs')).toEqual([[2, 2, 2, 2], DONE]);
  });

  test('runs them from its ESM and its CommonJS form at once', () => {
    const program = `${imports.ours} ${imports.tensorflow}
        import { createRequire } from 'node:module';
        ${USE}
        const other = createRequire('${root}/')('${dist}/cjs/index.js');
        console.log(JSON.stringify([other.runtimeInfo().path, [...new other.FracConnection({ dim: 4, rate: 2 }).apply(h, x => x).dataSync()]]));`;
    expect(runProgram(program, 'module')).toEqual([DONE, DONE.slice(0, 2)]);
  });

  test('runs them in two workers at once, in later ones and in the main thread', () => {
    const program = `
        const { Worker } = require('node:worker_threads');
        const start = () => new Promise((resolve, reject) => {
          const worker = new Worker(${JSON.stringify(WORKER)}, { eval: true });
          let result;
          worker.on('message', message => { result = message; });
          worker.on('error', reject);
          worker.on('exit', code => resolve([code, ...result]));
        });
        (async () => {
          console.log(JSON.stringify(await Promise.all([start(), start()])));
          console.log(JSON.stringify(await start()));
          const { tf } = require('${dist}/cjs/tensorflow/index.js');
          const { FracConnection, runtimeInfo } = require('${dist}/cjs/index.js');
          ${USE}
        })();`;
    const [both, later, main] = runProgram(program, 'commonjs') as [unknown[][], unknown[], unknown];
    expect(main).toEqual(DONE);
    expect(later).toEqual([0, 'tensorflow', 1, expect.any(Number)]);
    expect(both).toEqual([later, later]);
  });

  test('has the ops from one copy of the addon only, and the other says so', () => {
    const copy = join(temporaryFolder(), 'copy.node');
    copyFileSync(binary, copy);
    const program = `
        const first = require('${binary}'), second = require('${copy}');
        const say = addon => console.log(JSON.stringify(addon.tensorflow.register()));
        say(first);
        const { tf } = require('${dist}/cjs/tensorflow/index.js');
        [first, first, second, second].forEach(say);`;
    const [early, ...rest] = runProgram(program, 'commonjs');
    expect(early).toEqual({ version: '', reasons: ['no TensorFlow library is loaded in this process'] });
    const version = expect.stringMatching(/^2\.\d+\.\d+/);
    const taken = 'another copy of this addon in this process has already defined FracWidth';
    expect(rest).toEqual([
      { version, reasons: [] },
      { version, reasons: [] },
      { version, reasons: [taken] },
      { version, reasons: [taken] },
    ]);
  });
});
