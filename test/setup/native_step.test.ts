import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pathWith, root, temporaryFolder } from './sandbox.js';

/** A checkout with an addon built from other sources. */
function checkout(): string {
  const folder = join(temporaryFolder(), 'checkout');
  for (const name of ['package.json', 'CMakeLists.txt', 'scripts', 'native'])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  mkdirSync(join(folder, 'build', 'Release'), { recursive: true });
  writeFileSync(addonOf(folder), 'old');
  writeFileSync(join(folder, 'build', 'native.stamp'), 'of other sources');
  return folder;
}

const addonOf = (folder: string) => join(folder, 'build', 'Release', 'frac_connections.node');

/** Runs the native step of a checkout in a process of its own. */
function runStep(folder: string, tools: Record<string, string | true>, env: Record<string, string> = {}) {
  const code = `
    import { nativeStep } from '${folder}/scripts/setup/native.mjs';
    await nativeStep();`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
    env: { PATH: pathWith(tools), HOME: process.env.HOME, ...env },
  });
  expect(stderr).toBe('');
  expect(status, 'absence is no failure').toBe(0);
  return stdout.trim().split('\n');
}

const GXX = 'exit 0';
const FALLBACK = 'native      everything still runs, as compositions of tfjs ops';
const brokenCmake = (calls: string) =>
  `[ "$1" = --version ] && { echo 'cmake version 3.25.1'; exit 0; }
   echo x >> ${calls}
   echo 'CMake Error at CMakeLists.txt:6: the disk is made of cheese' >&2; exit 1`;

describe.skipIf(process.platform !== 'linux')('native step', () => {
  test.each<[string, Record<string, string>, RegExp]>([
    ['no compiler', { cmake: 'exit 0' }, /^native {6}not available: no C\+\+ compiler \(looked for /],
    [
      'no CMake',
      { 'g++': GXX },
      /^native {6}not available: no CMake \(looked for cmake\): install it \(Debian: apt install cmake\)$/,
    ],
    [
      'an old CMake',
      { 'g++': GXX, cmake: 'echo cmake version 3.16.3' },
      /^native {6}not available: CMake 3\.16 is too old: 3\.18 or newer is needed$/,
    ],
    [
      'a wrong FRAC_CONNECTIONS_CUDA',
      { 'g++': GXX },
      /^native {6}not available: FRAC_CONNECTIONS_CUDA must be on, off or auto, got "yes"$/,
    ],
  ])('%s: said, and the old addon goes', (name, tools, message) => {
    const folder = checkout();
    const lines = runStep(folder, tools, /CUDA/.test(name) ? { FRAC_CONNECTIONS_CUDA: 'yes' } : {});
    expect(lines).toEqual([expect.stringMatching(message), FALLBACK]);
    expect(existsSync(addonOf(folder))).toBe(false);
  });

  test('a build that fails is said, and not tried again with the same sources but by npm run setup', () => {
    const folder = checkout();
    const calls = join(folder, 'calls');
    const tools = { 'g++': GXX, cmake: brokenCmake(calls) };
    const reason = 'CMake Error at CMakeLists.txt:6: the disk is made of cheese';
    const compiling = expect.stringMatching(/^native {6}compiling/);
    expect(runStep(folder, tools)).toEqual([compiling, `native      not available: ${reason}`, FALLBACK]);
    expect(runStep(folder, tools)).toEqual([
      `native      not available: ${reason} (npm run setup tries again)`,
      FALLBACK,
    ]);
    expect(runStep(folder, tools, { npm_lifecycle_event: 'setup' })[0]).toEqual(compiling);
    writeFileSync(join(folder, 'native', 'ops', 'more.h'), '');
    expect(runStep(folder, tools)[0]).toEqual(compiling);
    expect(existsSync(addonOf(folder))).toBe(false);
  });

  test('is left out when told so, and the addon left alone', () => {
    const folder = checkout();
    expect(runStep(folder, {}, { FRAC_CONNECTIONS_NATIVE: 'off' })).toEqual([
      'native      left out: FRAC_CONNECTIONS_NATIVE is off',
    ]);
    expect(existsSync(addonOf(folder))).toBe(true);
  });

  test('has nothing to do when the stamp is that of the sources; tests of them do not count', async () => {
    const folder = checkout();
    const { nativeHash } = (await import(join(root, 'scripts', 'setup', 'native.mjs'))) as {
      nativeHash(folder: string): string;
    };
    writeFileSync(join(folder, 'build', 'native.stamp'), nativeHash(folder));
    const { CXX, FRAC_CONNECTIONS_CUDA } = process.env;
    const chosen = { ...(CXX && { CXX }), ...(FRAC_CONNECTIONS_CUDA && { FRAC_CONNECTIONS_CUDA }) };
    expect(runStep(folder, {}, chosen)).toEqual(['native      up to date']);
    const before = nativeHash(folder);
    writeFileSync(join(folder, 'native', 'test', 'more.cc'), 'int more;');
    expect(nativeHash(folder)).toBe(before);
    writeFileSync(join(folder, 'native', 'node', 'more.cc'), 'int more;');
    expect(nativeHash(folder)).not.toBe(before);
  });
});
