import { expect, inject, test } from 'vitest';
import { run } from './support/child.js';
import {
  copyConsumer,
  expectCases,
  expectDoctorNative,
  expectNative,
  prebuilt,
  runProgram,
  said,
} from './support/consumer.js';
import { copyFolder, temporaryFolder } from './support/folders.js';

test.each([
  ['imported as an ES module', 'main.mjs'],
  ['required as CommonJS', 'main.cjs'],
])('%s, ops run on the native kernels', (_, program) => {
  const folder = copyConsumer();
  expectNative(runProgram(folder, program), prebuilt(folder));
});

test('the ES module and the CommonJS form work in one process, on one choice of path', () => {
  const folder = copyConsumer();
  const [first, second, third] = said(run(process.execPath, ['both.mjs'], { cwd: folder }));
  expectNative(first!, prebuilt(folder));
  expect(second).toMatchObject({ two: true, runtime: { path: 'fallback', requested: 'fallback' } });
  expectCases(second!);
  expectNative(third!, prebuilt(folder));
});

test('every entry can be imported and required; without TensorFlow one says what to type', () => {
  const folder = copyConsumer();
  const entries = ['.', './layers', './models', './cuda'].map(each => each.replace('.', 'frac-connections'));
  const program = `
    const { createRequire } = await import('node:module');
    const require = createRequire(process.cwd() + '/main.mjs');
    const counts = [];
    for (const name of ${JSON.stringify(entries)}) {
      const names = Object.keys(await import(name)).filter(each => !['default', 'module.exports'].includes(each));
      counts.push([name, names.length > 0, names.sort().join() === Object.keys(require(name)).sort().join()]);
    }
    const message = error => error.code + ': ' + error.message;
    const errors = [await import('frac-connections/tensorflow').catch(message)];
    try { require('frac-connections/tensorflow') } catch (error) { errors.push(message(error)) }
    console.log(JSON.stringify({ counts, errors }));`;
  const { stdout, stderr } = run(process.execPath, ['--input-type=module', '-e', program], { cwd: folder });
  expect(stderr).toBe('');
  const { counts, errors } = JSON.parse(stdout);
  expect(counts).toEqual(entries.map(name => [name, true, true]));
  expect(errors).toHaveLength(2);
  for (const error of errors) {
    expect(error).toMatch(/^ERR_TENSORFLOW: .*\n.*neither @tensorflow\/tfjs-node-gpu nor .* is installed/);
    expect(error).toContain('npm install --ignore-scripts @tensorflow/tfjs-node');
  }
});

test('FRAC_CONNECTIONS_PATH=fallback leaves the kernels alone', () => {
  const folder = copyConsumer();
  const given = runProgram(folder, 'main.mjs', { FRAC_CONNECTIONS_PATH: 'fallback' });
  expect(given.runtime).toMatchObject({ path: 'fallback', requested: 'fallback' });
  expect(given.runtime.notTaken).toContainEqual({ path: 'native', reason: "'fallback' was requested" });
  expect(given.native).toMatchObject({ available: true, binary: prebuilt(folder) });
  expectCases(given);
});

test('the command tells what is installed', () => {
  const folder = `${temporaryFolder()}/consumer`;
  copyFolder(inject('consumer'), folder);
  const outcome = run('npx', ['--offline', 'frac-connections', 'doctor'], { cwd: folder });
  expectDoctorNative(outcome, prebuilt(folder));
});
