import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from './support/child.js';
import { quickCompiler } from './support/compiler.js';
import { root, temporaryFolder } from './support/folders.js';

interface Addon {
  info(): { build: Record<string, string> };
  fracWidth(...values: unknown[]): void;
}

const ADDON = 'build/Release/frac_connections.node';
const load = (folder: string) => createRequire(import.meta.url)(join(folder, ADDON)) as Addon;
const readManifest = () =>
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;

/** No network, and no settings of this machine's user: a download would fail. */
function offline(): Record<string, string> {
  const nowhere = 'http://127.0.0.1:9/';
  return {
    HOME: temporaryFolder(),
    npm_config_offline: 'true',
    npm_config_registry: nowhere,
    NODEJS_ORG_MIRROR: nowhere,
  };
}

/** A clone, as far as the addon needs it. */
function clone(): string {
  const folder = temporaryFolder();
  const files = [
    'binding.gyp',
    'package.json',
    'CMakeLists.txt',
    'scripts/build_native.mjs',
    'scripts/common/paths.mjs',
    'scripts/gyp/common.gypi',
  ];
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFileSync(join(root, file), join(folder, file));
  }
  cpSync(join(root, 'native'), join(folder, 'native'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

describe('npx node-gyp rebuild', () => {
  test('builds the addon through CMake, without network', () => {
    const folder = clone();
    const { status, stdout, stderr } = run('npx', ['node-gyp', 'rebuild', '--frac_cuda=OFF'], {
      cwd: folder,
      env: { ...offline(), ...quickCompiler() },
    });
    expect(status, stdout + stderr).toBe(0);
    const addon = load(folder);
    // What CMakeLists.txt says of a build; the checkout's own may have CUDA besides.
    expect(addon.info().build).toEqual({ ...load(root).info().build, cuda: 'none' });

    // One segment, one block: x = alpha[0] h.
    const [x, alpha, beta] = [new Float32Array(2), new Float32Array(2), new Float32Array(1)];
    const [tokens, n, m, c, norm, flags] = [1, 1, 1, 2, 0, 0];
    const weights = [Float32Array.of(3, 5), Float32Array.of(7), ...Array<undefined>(7).fill(undefined)];
    addon.fracWidth(tokens, n, m, c, norm, flags, 0, 0, x, alpha, beta, Float32Array.of(1, 2), ...weights);
    expect([[...x], [...alpha], [...beta]]).toEqual([[3, 6], [3, 5], [7]]);
  });
});

describe('binding.gyp in a clone', () => {
  /** Whether `npm install` there runs node-gyp, which makes the folder build/. */
  function runsNodeGyp(changes: Record<string, unknown>): boolean {
    const folder = temporaryFolder();
    const none = { dependencies: {}, devDependencies: {}, peerDependencies: {}, bundleDependencies: [] };
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...readManifest(), ...none, ...changes }));
    // It has nothing to build.
    writeFileSync(join(folder, 'binding.gyp'), "{ 'targets': [{ 'target_name': 'none', 'type': 'none' }] }");
    cpSync(join(root, 'scripts/gyp'), join(folder, 'scripts/gyp'), { recursive: true });
    const { status, stdout, stderr } = run('npm', ['install'], { cwd: folder, env: offline() });
    expect(status, stdout + stderr).toBe(0);
    return existsSync(join(folder, 'build'));
  }

  test('is nothing that npm install runs, for which "gypfile": false stands in package.json', () => {
    expect(runsNodeGyp({})).toBe(false);
    expect(runsNodeGyp({ gypfile: undefined })).toBe(true);
  });
});
