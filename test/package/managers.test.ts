import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import {
  addPrograms,
  expectDoctorNative,
  expectNative,
  prebuilt,
  runProgram,
  said,
} from './support/consumer.js';
import { temporaryFolder } from './support/folders.js';
import { type Manager, makeProject, pnpm, yarnModules, yarnPnp } from './support/managers.js';

const PROGRAMS = ['main.mjs', 'main.cjs'];

/** Installs without network in a fresh folder, and gives what the manager said. */
function tryInstall(manager: Manager, option: string, manifest: Record<string, unknown> = {}) {
  const folder = temporaryFolder();
  const caches = inject('caches');
  makeProject(folder, inject('tarball'), { manager, caches, manifest });
  const { status, stdout, stderr } = manager.install(folder, caches, false, [option]);
  return { folder, status, text: stdout + stderr };
}

/** The same where it must succeed, with nothing to say of this package; the project gets the test programs. */
function install(...args: Parameters<typeof tryInstall>): string {
  const { folder, status, text } = tryInstall(...args);
  expect(status, text).toBe(0);
  const aboutUs = text.split('\n').filter(line => line.includes('frac-connections'));
  expect(aboutUs.filter(line => !/^\+ frac-connections \d/.test(line))).toEqual([]);
  expect(text).not.toMatch(/Ignored build scripts/);
  addPrograms(folder);
  return folder;
}

describe('pnpm', () => {
  test('installs with --offline --ignore-scripts; ops run on the native kernels', () => {
    const folder = install(pnpm, pnpm.skipScripts);
    const binary = realpathSync(prebuilt(folder));
    for (const program of PROGRAMS) expectNative(runProgram(folder, program), binary);
    expectDoctorNative(pnpm.run(folder, ['exec', 'frac-connections', 'doctor']), binary);
  });

  test('installs where an unreviewed script is an error, once the one that tfjs brings is refused', () => {
    const strict = '--config.strict-dep-builds=true';
    install(pnpm, strict, { pnpm: { ignoredBuiltDependencies: ['core-js'] } });
    const unreviewed = tryInstall(pnpm, strict);
    expect(unreviewed.status).toBe(1);
    expect(unreviewed.text).toMatch(/Ignored build scripts: core-js(@\S+)?\W*\n/);
  });
});

describe('Yarn', () => {
  test('installs with node_modules; ops run on the native kernels', () => {
    const folder = install(yarnModules, yarnModules.skipScripts);
    const binary = prebuilt(folder);
    for (const program of PROGRAMS) expectNative(runProgram(folder, program), binary);
    expectDoctorNative(yarnModules.run(folder, ['frac-connections', 'doctor']), binary);
  });

  test("installs with Plug'n'Play, which takes the binary out of its archive; ops run on the native kernels", () => {
    const folder = install(yarnPnp, yarnPnp.skipScripts);
    for (const program of PROGRAMS) {
      const [given] = said(yarnPnp.run(folder, ['node', program]));
      const { binary } = given!.native as { binary: string };
      expect(binary?.startsWith(join(folder, '.yarn', 'unplugged', 'frac-connections-'))).toBe(true);
      expectNative(given!, binary);
      expectDoctorNative(yarnPnp.run(folder, ['frac-connections', 'doctor']), binary);
    }
  });
});
