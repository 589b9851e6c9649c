import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileOf, PLATFORMS } from '../../../scripts/prebuild/platforms.mjs';
import type { Case } from '../../support/cases.js';
import type { Outcome } from './child.js';
import { allCases, expectCases, expectNative, expectWork, fewCases, said } from './consumer.js';

type Platform = (typeof PLATFORMS)[number];
type Env = Record<string, string>;

/** A machine that tests run on, or something that behaves like it. */
export interface Machine {
  /** What the package calls it. */
  name: string;
  /** Node's version there. */
  version: string;
  /** A project with the package and the test programs for these cases. */
  project(cases?: Case[]): string;
  runNode(folder: string, args: string[], env?: Env): Outcome;
  /** A path as programs see it there; default: as it is here. */
  seen?(path: string): string;
}

/** The platform of this name. */
export function platformOf(name: string): Platform {
  const found = PLATFORMS.find((each: Platform) => each.name === name);
  if (found === undefined) throw new Error(`the package has no binary for ${name}`);
  return found;
}

/** Where the binary of a platform is in a project. */
export const binaryIn = (folder: string, name: string) =>
  join(folder, 'node_modules', 'frac-connections', fileOf(platformOf(name)));

/** What the binary of a platform must do there. */
export function testPlatform({ name, version, project, runNode, seen = path => path }: Machine): void {
  const { system, arch } = platformOf(name);
  const subpath = `frac-connections/native/${name}`;

  test('an ES module has the values and gradients of every reference case', () => {
    const folder = project(allCases);
    const [given] = said(runNode(folder, ['main.mjs']));
    expect(given!.machine).toEqual({ version, platform: system, arch });
    expect(given!.native).toMatchObject({ available: true, binary: seen(binaryIn(folder, name)) });
    expect(given!.runtime).toMatchObject({ backend: 'cpu', path: 'native' });
    expectCases(given!, allCases);
  });

  test('CommonJS has those of a few, on each SIMD target', () => {
    const folder = project();
    const binary = seen(binaryIn(folder, name));
    const [first] = said(runNode(folder, ['main.cjs']));
    expectNative(first!, binary);
    const { available } = (first!.native as { simd: { available: string[] } }).simd;
    expect(available).toContain('baseline');
    for (const target of available) {
      const [given] = said(runNode(folder, ['main.cjs'], { FRAC_CONNECTIONS_SIMD: target }));
      expectNative(given!, binary);
      expect(given!.native).toMatchObject({ simd: { target, available } });
    }
  });

  test('worker threads and the main thread compute at once', () => {
    expectWork(runNode(project(), ['work.cjs']));
  });

  test('a process that ends while workers compute ends well', () => {
    const { status, stderr } = runNode(project(), ['work.cjs', 'exit']);
    expect([status, stderr]).toEqual([3, '']);
  });

  test('the subpath of the platform has the kernels', () => {
    const folder = project();
    const source = readFileSync(join(folder, 'main.mjs'), 'utf8');
    writeFileSync(join(folder, 'subpath.mjs'), `import '${subpath}';\n${source}`);
    const [given] = said(runNode(folder, ['subpath.mjs']));
    expect(given!.native).toMatchObject({
      available: true,
      binary: subpath,
      chosen: 'imported by the program',
    });
    expectCases(given!, fewCases);
  });

  test('doctor names the binary and why it is this one', () => {
    const folder = project();
    const cli = join('node_modules', 'frac-connections', 'dist', 'esm', 'cli', 'main.js');
    const { status, stdout, stderr } = runNode(folder, [cli, 'doctor']);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain(seen(binaryIn(folder, name)));
    expect(stdout).toContain(`the package's own for ${name}\n`);
    expect(stdout).toContain("ops take the path 'native'\n");
  });
}
