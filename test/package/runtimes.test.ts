import { expect, test } from 'vitest';
import { type Runtime, runtimeBinary } from '../tensorflow/node_binaries.js';
import { run } from './support/child.js';
import {
  addPrograms,
  allCases,
  copyConsumer,
  expectCases,
  expectFallback,
  expectNative,
  prebuilt,
  RUNTIME_ARGUMENTS,
  said,
} from './support/consumer.js';

const names = Object.keys(RUNTIME_ARGUMENTS) as Runtime[];

/** What a program says in a runtime, or undefined with the test skipped where there is no such runtime. */
function runIn(name: Runtime, skip: (why: string) => void, args = RUNTIME_ARGUMENTS[name]) {
  const runtime = runtimeBinary(name);
  if ('reason' in runtime) return void skip(`no ${name}: ${runtime.reason}`);
  return (folder: string, program: string) =>
    said(run(runtime.path, [...args, program], { cwd: folder }))[0]!;
}

test.for(names)('%s has the values and gradients of every reference case', (name, { skip }) => {
  const runProgram = runIn(name, skip);
  if (!runProgram) return;
  const folder = copyConsumer(allCases);
  const given = runProgram(folder, 'main.mjs');
  expect(given.native).toMatchObject({ available: true, binary: prebuilt(folder) });
  expectCases(given, allCases);
  addPrograms(folder);
  expectNative(runProgram(folder, 'main.cjs'), prebuilt(folder));
});

test('deno without permission for addons takes the fallback and says why', ({ skip }) => {
  const args = RUNTIME_ARGUMENTS.deno.filter(each => each !== '--allow-ffi');
  const runProgram = runIn('deno', skip, args);
  if (runProgram) expectFallback(runProgram(copyConsumer(), 'main.mjs'), /Requires ffi access .*--allow-ffi/);
});
