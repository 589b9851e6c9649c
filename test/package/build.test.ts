import { existsSync, readdirSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { run, userEnvironment } from './support/child.js';
import { quickCompiler } from './support/compiler.js';
import { copyConsumer, expectNative, prebuilt, replace, runProgram } from './support/consumer.js';
import { remove, temporaryFolder } from './support/folders.js';

/** A project whose package has no binary for this machine. */
function without(): string {
  const folder = copyConsumer();
  remove(prebuilt(folder));
  return folder;
}

/** npm finds what it is asked for in what was fetched before. */
const offline = () => ({ npm_config_cache: join(inject('caches'), 'npm'), npm_config_offline: 'true' });

const command = (folder: string, args: string[], env?: Record<string, string>) =>
  run('npx', ['frac-connections', ...args], { cwd: folder, env });

/** A folder of programs in place of PATH: those named, and no other. */
function onlyPrograms(...names: string[]): string {
  const folder = temporaryFolder();
  const found = (name: string) =>
    userEnvironment()
      .PATH!.split(delimiter)
      .map(each => join(each, name))
      .find(file => existsSync(file))!;
  for (const name of names) symlinkSync(found(name), join(folder, name));
  return folder;
}

describe('npx frac-connections build', () => {
  test('compiles the addon where the package brings none; doctor says how before', () => {
    const folder = without();
    expect(command(folder, ['doctor']).stdout).toContain('to build it, run npx frac-connections build');
    const { status, stdout, stderr } = command(folder, ['build', '--cuda', 'off'], {
      ...offline(),
      ...quickCompiler(),
    });
    expect(stderr).toMatch(/^fetching cmake-js.*\nconfiguring\ncompiling.*\n$/);
    expect(status).toBe(0);
    const binary = join(folder, 'node_modules/frac-connections/build/Release/frac_connections.node');
    expect(stdout).toMatch(
      new RegExp(`^${binary}\ninstruction set \\S+, (GNU|Clang) [\\d.]+; CUDA: none\n$`),
    );
    expectNative(runProgram(folder, 'main.mjs'), binary);
  });

  test('says all that is missing, and leaves the package as it was', () => {
    const folder = without();
    const package_ = join(folder, 'node_modules', 'frac-connections');
    const before = readdirSync(package_);
    const cli = join(package_, 'dist', 'esm', 'cli', 'main.js');
    const path = onlyPrograms('npm', 'node', 'make');
    const { status, stdout, stderr } = run(process.execPath, [cli, 'build', '--cuda', 'on'], {
      cwd: folder,
      env: { PATH: path },
    });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      new RegExp(
        [
          '^frac-connections: build: this machine lacks tools that the build needs',
          ' {2}- CMake: not found \\(looked for cmake\\); to install it: apt install cmake',
          ' {2}- a C\\+\\+ compiler \\(GCC or Clang\\): not found \\(looked for g\\+\\+, c\\+\\+, clang\\+\\+\\); to install it: apt install g\\+\\+',
          " {2}- nvcc, CUDA 13's compiler: not found \\(looked for nvcc\\); to install it: .+\n$",
        ].join('\n'),
      ),
    );
    expect(readdirSync(package_)).toEqual(before);
  });

  test('that fails shows why, and leaves nothing behind', () => {
    const folder = without();
    const package_ = join(folder, 'node_modules', 'frac-connections');
    replace(
      join(package_, 'CMakeLists.txt'),
      'cmake_minimum_required(VERSION 3.18)\nmessage(FATAL_ERROR "broken on purpose")\n',
    );
    const before = readdirSync(package_);
    const temporary = temporaryFolder();
    const { status, stdout, stderr } = command(folder, ['build'], { ...offline(), TMPDIR: temporary });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /frac-connections: build: configuring failed: cmake-js configure\n.*broken on purpose/s,
    );
    expect(readdirSync(temporary)).toEqual([]);
    expect(readdirSync(package_)).toEqual(before);
  });
});
