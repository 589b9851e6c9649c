import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { run } from './support/child.js';
import { addPrograms, expectNative, prebuilt, runProgram, said } from './support/consumer.js';
import { temporaryFolder } from './support/folders.js';
import {
  type Manager,
  makeProject,
  pnpm,
  skipScripts,
  TFJS,
  TFJS_AND_PEER,
  yarnCommand,
  yarnModules,
  yarnPnp,
} from './support/managers.js';

/** Installs without network in a fresh folder, and gives what the manager said. */
function install(manager: Manager, options: string[], more: Record<string, unknown> = {}) {
  const folder = temporaryFolder();
  const caches = inject('caches');
  const dependencies = manager === pnpm ? TFJS : TFJS_AND_PEER;
  makeProject(folder, inject('tarball'), { manager, caches, dependencies, more });
  const { status, stdout, stderr } = manager.install(folder, caches, false, options);
  const text = stdout + stderr;
  expect(status, text).toBe(0);
  addPrograms(folder);
  return { folder, text };
}

/** Lines in which a manager speaks of this package, other than that it is there. */
const aboutUs = (text: string) =>
  text
    .split('\n')
    .filter(line => line.includes('frac-connections') && !/^\+ |resolution step|added/i.test(line));

describe('pnpm', () => {
  test('installs with --offline --ignore-scripts; ops run on the native kernels', () => {
    const { folder, text } = install(pnpm, skipScripts(pnpm));
    expect(aboutUs(text)).toEqual([]);
    const binary = realpathSync(prebuilt(folder));
    for (const program of ['main.mjs', 'main.cjs']) expectNative(runProgram(folder, program), binary);
  });

  test('installs where an unreviewed script is an error', () => {
    const refused = { pnpm: { ignoredBuiltDependencies: ['core-js'], strictDepBuilds: true } };
    const { text } = install(pnpm, ['--config.strict-dep-builds=true'], refused);
    expect(text).not.toMatch(/Ignored build scripts/);
    expect(aboutUs(text)).toEqual([]);
  });
});

describe('Yarn', () => {
  test('installs with node_modules; ops run on the native kernels', () => {
    const { folder, text } = install(yarnModules, skipScripts(yarnModules));
    expect(aboutUs(text)).toEqual([]);
    for (const program of ['main.mjs', 'main.cjs']) {
      expectNative(runProgram(folder, program), prebuilt(folder));
    }
  });

  test("installs with Plug'n'Play, which keeps the binary out of its archives; ops run on the native kernels", () => {
    const { folder, text } = install(yarnPnp, skipScripts(yarnPnp));
    expect(aboutUs(text)).toEqual([]);
    for (const program of ['main.mjs', 'main.cjs']) {
      const outcome = run(process.execPath, yarnCommand('node', program), { cwd: folder });
      const [given] = said(outcome);
      expect(given!.native).toMatchObject({ available: true });
      const { binary } = given!.native as { binary: string };
      expect(binary.startsWith(join(folder, '.yarn', 'unplugged', 'frac-connections-'))).toBe(true);
      expectNative(given!, binary);
    }
  });
});
