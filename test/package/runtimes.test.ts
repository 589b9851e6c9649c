import { expect, test } from 'vitest';
import { RUNTIMES, runtimeBinary } from '../tensorflow/node_binaries.js';
import { run } from './support/child.js';
import {
  addPrograms,
  allCases,
  copyConsumer,
  expectCases,
  expectFallback,
  expectNative,
  prebuilt,
  said,
} from './support/consumer.js';

/** The command line up to the program. Deno asks for permissions, of which `ffi` is the one for addons. */
const COMMANDS = { bun: [], deno: ['run', '--allow-read', '--allow-env', '--allow-sys', '--allow-ffi'] };
const names = Object.keys(RUNTIMES) as (keyof typeof RUNTIMES)[];

/** What a program says in a runtime, or undefined with the test skipped where there is no such runtime. */
function runIn(name: keyof typeof RUNTIMES, skip: (why: string) => void, args = COMMANDS[name]) {
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
  const args = COMMANDS.deno.filter(each => each !== '--allow-ffi');
  const runProgram = runIn('deno', skip, args);
  if (runProgram) expectFallback(runProgram(copyConsumer(), 'main.mjs'), /Requires ffi access .*--allow-ffi/);
});
