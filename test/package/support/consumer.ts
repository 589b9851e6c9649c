import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject } from 'vitest';
import type { NativeInfo } from '../../../lib/addon/info.js';
import type { RuntimeInfo } from '../../../lib/paths/runtime.js';
import type { TensorflowInfo } from '../../../lib/tensorflow/index.js';
import { type Case, optionsOf, type Values, weightsOf } from '../../support/cases.js';
import { readCases } from '../../support/read_cases.js';
import { expectResults } from '../../support/reference.js';
import type { Runtime } from '../../tensorflow/node_binaries.js';
import { type Outcome, run } from './child.js';
import { copyFolder, remove, temporaryFolder } from './folders.js';

/** What a program of test/package/programs prints. */
export interface Said {
  results: { name: string; outputs: Record<string, Values>; gradients: Record<string, Values> }[];
  machine: { version: string; platform: string; arch: string };
  runtime: RuntimeInfo;
  native: NativeInfo;
  tensorflow?: TensorflowInfo;
  two?: boolean;
}

const programs = join(import.meta.dirname, '..', 'programs');
const FEW = ['fc-dynamic-m4-d20', 'joint-s2-m2'];

/** Every reference case. */
export const allCases = readCases();
/** One case of one stream, and one of several. */
export const fewCases = allCases.filter(({ config }) => FEW.includes(config.name));

/** Puts the test programs into a project, and the cases for them. */
export function addPrograms(folder: string, cases: Case[] = fewCases): void {
  for (const name of readdirSync(programs)) cpSync(join(programs, name), join(folder, name));
  const plain = cases.map(each => ({
    name: each.config.name,
    options: optionsOf(each),
    inputs: { h: each.inputs.h, y: each.inputs.y, ...weightsOf(each) },
    gradX: each.inputs.grad_x,
    gradOut: each.inputs.grad_out,
  }));
  writeFileSync(join(folder, 'cases.json'), JSON.stringify(plain));
}

/** A copy of the installed project, for this test to change; see {@link copyFolder} for how. */
export function copyConsumer(cases?: Case[]): string {
  const folder = join(temporaryFolder(), 'consumer');
  copyFolder(inject('consumer'), folder);
  addPrograms(folder, cases);
  return folder;
}

/** Replaces a file of a copied project. */
export function replace(file: string, bytes: Buffer | string): void {
  remove(file);
  writeFileSync(file, bytes);
}

/** Where the addon for this machine lies in a project, or another machine's. */
export const prebuilt = (folder: string, arch: string = process.arch) =>
  join(
    folder,
    'node_modules',
    'frac-connections',
    'prebuilds',
    `linux-${arch}`,
    'frac-connections.glibc.node',
  );

/** Runs a program in a project by Node. */
export function runProgram(
  folder: string,
  program: string,
  env?: Record<string, string>,
  node = process.execPath,
): Said {
  return said(run(node, [program], { cwd: folder, env }))[0]!;
}

/** What a process said that ended well and complained of nothing, a line each. */
export function said({ status, signal, stdout, stderr }: Outcome): Said[] {
  expect(stderr, 'nothing is printed that the user did not ask for').toBe('');
  expect(signal ?? status).toBe(0);
  return stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Said);
}

/** Expects outputs and gradients to be those of the cases. */
export function expectCases({ results }: Said, cases: Case[] = fewCases): void {
  expect(results.map(({ name }) => name)).toEqual(cases.map(({ config }) => config.name));
  cases.forEach((each, i) => {
    expectResults(each, results[i]!);
  });
}

/** What comes before the program. Deno asks for permissions, of which `ffi` is the one for addons. */
export const RUNTIME_ARGUMENTS: Record<Runtime, string[]> = {
  bun: [],
  deno: ['run', '--allow-read', '--allow-env', '--allow-sys', '--allow-ffi'],
};

/** Expects right results on the kernels of the addon in this project. */
export function expectNative(given: Said, binary: string): void {
  expect(given.native).toMatchObject({ available: true, binary });
  expect(given.runtime).toMatchObject({ backend: 'cpu', path: 'native', requested: 'auto' });
  expectCases(given);
}

/** Expects work.cjs to have computed the same three times, on the kernels of the addon. */
export function expectWork({ status, stdout, stderr }: Outcome): void {
  expect([status, stderr]).toEqual([0, '']);
  const results = JSON.parse(stdout) as [string, number][];
  expect(results).toEqual([results[0], results[0], results[0]]);
  const [path, sum] = results[0]!;
  expect(path).toBe('native');
  expect(sum).toBeGreaterThan(0);
}

/** Expects right results without the addon, for this reason. */
export function expectFallback(given: Said, reason: RegExp | string): void {
  const matching = typeof reason === 'string' ? reason : expect.stringMatching(reason);
  expect(given.runtime).toEqual({
    backend: 'cpu',
    path: 'fallback',
    remarks: [],
    requested: 'auto',
    notTaken: ['tensorflow', 'native'].map(path => ({ path, reason: matching })),
  });
  expect(given.native).toEqual({ available: false, reasons: [matching] });
  expectCases(given);
}

/** Expects the package's command to find the addon and to compute with it, on tfjs's own backend alone. */
export function expectDoctorNative({ status, stdout, stderr }: Outcome, binary: string): void {
  expect([status, stderr]).toEqual([0, '']);
  const text = stdout.replaceAll(/ {2,}/g, '  ');
  expect(text).toContain(`native addon  ${binary}\n`);
  expect(text).toContain(`the package's own for linux-${process.arch}\n`);
  expect(text).toContain("backend cpu  ops take the path 'native'\n");
  expect(text).toContain('- neither @tensorflow/tfjs-node-gpu nor @tensorflow/tfjs-node is installed\n');
}
