import { describe, expect, test } from 'vitest';
import { addon, binary, root } from './addon.js';
import { ARRAYS, runChild } from './child.js';

const WORK = `
  ${ARRAYS}
  addon.setThreads(3);
  sizes[0] = 2000; // enough for several threads
  const big = () => width({ x: f(20000), alpha: f(48000), beta: f(8000), h: f(40000) });
  const sum = array => array.reduce((total, value) => total + value, 0);
  const run = times => {
    const results = new Set();
    for (let i = 0; i < times; i++) {
      const args = big();
      addon.fracWidth(...args);
      results.add(sum(args[8]) + sum(args[9]) + sum(args[10]));
    }
    return [...results];
  };`;
const WORKER = `
  const { parentPort } = require('node:worker_threads');
  const addon = require(${JSON.stringify(binary)});
  ${WORK}
  parentPort.postMessage(run(50));`;
const START = `
  const { Worker } = await import('node:worker_threads');
  const start = () => new Promise((done, failed) => {
    let got;
    const worker = new Worker(${JSON.stringify(WORKER)}, { eval: true, execArgv: [] });
    worker.on('message', results => { got = results; });
    worker.on('error', failed);
    worker.on('exit', () => done(got));
  });`;

describe.runIf(addon)('the addon in worker threads', () => {
  test('serves several at once, and the main thread', () => {
    const [main, ...workers] = runChild(`
      ${START}${WORK}
      const started = [start(), start(), start()];
      say(run(50));
      for (const results of await Promise.all(started)) say(results);`) as number[][];
    expect(main).toHaveLength(1); // the same each time
    expect(workers).toEqual([main, main, main]);
  });

  test('outlives the worker that loaded it', () => {
    // Without the addon on the main thread, Node unloads it with the worker.
    const got = runChild(
      `${START}
      const { readFileSync } = await import('node:fs');
      for (let i = 0; i < 2; i++) say(await start());
      // Its threads sleep, and would wake up in memory that is somebody else's by then.
      say(process.platform !== 'linux' || readFileSync('/proc/self/maps', 'utf8').includes('${binary}'));`,
      { FRAC_CONNECTIONS_NATIVE: 'off' },
    ) as [number[], number[], boolean];
    expect(got).toEqual([got[0], got[0], true]);
    expect(got[0]).toHaveLength(1);
  });

  test('can be loaded twice by one thread', () => {
    const got = runChild(`
      delete require.cache['${binary}'];
      const again = require('${binary}');
      say([again === addon, again.info().target === addon.info().target]);`);
    expect(got).toEqual([[false, true]]);
  });

  test('has ops that work through the package in workers', () => {
    const code = `
      (async () => {
        const tf = require('@tensorflow/tfjs');
        const fc = require('${root}/dist/cjs/index.js');
        tf.enableProdMode();
        await tf.setBackend('cpu');
        const { parentPort } = require('node:worker_threads');
        const connection = new fc.FracConnection({ dim: 4, rate: 2 });
        const out = connection.apply(tf.tensor1d([1, 2, 3, 4]), x => x);
        parentPort.postMessage([fc.path(), ...out.dataSync()]);
      })();`;
    const got = runChild(`
      const { Worker } = await import('node:worker_threads');
      const start = () => new Promise((done, failed) => {
        const worker = new Worker(${JSON.stringify(code)}, { eval: true, execArgv: [] });
        worker.on('message', done);
        worker.on('error', failed);
      });
      for (const each of await Promise.all([start(), start()])) say(each);`);
    expect(got).toEqual([
      ['native', 2, 4, 6, 8],
      ['native', 2, 4, 6, 8],
    ]);
  });
});
