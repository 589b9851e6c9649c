import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { temporaryFolder } from '../setup/sandbox.js';
import { addon, binary, root } from './addon.js';

/** A folder for node-gyp-build to look in, with this file as the addon, or with none. */
function folderWith(bytes: Buffer | string | undefined) {
  const folder = temporaryFolder();
  const file = join(folder, 'build', 'Release', 'frac_connections.node');
  if (bytes !== undefined) {
    mkdirSync(join(folder, 'build', 'Release'), { recursive: true });
    writeFileSync(file, bytes);
  }
  return { folder, file };
}

/** What a fresh loader finds with this file as the addon. */
async function loaded(bytes: Buffer | string | undefined) {
  const { folder, file } = folderWith(bytes);
  vi.stubEnv('FRAC_CONNECTIONS_PREBUILD', folder); // node-gyp-build's own variable for another folder
  vi.resetModules();
  const { tryAddon } = await import('../../lib/addon/load.js');
  return { file, found: tryAddon() };
}

/** What the package does in a process of its own with this file as its addon, or with none. */
function withAddon(bytes: Buffer | string | undefined, env: Record<string, string> = {}) {
  const { folder, file } = folderWith(bytes);
  const code = `
    import * as tf from '@tensorflow/tfjs';
    import { FracConnection, nativeInfo, runtimeInfo, setPath, setThreads } from '${root}/dist/esm/index.js';
    tf.enableProdMode();
    await tf.setBackend('cpu');
    const message = f => { try { f(); } catch (error) { return error.code + ': ' + error.message; } };
    const out = new FracConnection({ dim: 4, rate: 2 }).apply(tf.tensor1d([1, 2, 3, 4]), x => x);
    console.log(JSON.stringify({
      out: [...out.dataSync()], runtime: runtimeInfo(), native: nativeInfo(),
      errors: [message(() => setPath('native')), message(() => setThreads(2))],
    }));`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
    cwd: root,
    env: { ...process.env, FRAC_CONNECTIONS_PATH: '', FRAC_CONNECTIONS_PREBUILD: folder, ...env },
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  const { out, runtime, native, errors } = JSON.parse(stdout);
  expect(out).toEqual([2, 4, 6, 8]);
  return { file, runtime, native, errors };
}

/** A copy of the addon with some bytes other. */
function changed(change: (bytes: Buffer) => void): Buffer {
  const bytes = readFileSync(binary);
  change(bytes);
  return bytes;
}

function replaceAll(bytes: Buffer, from: string, to: string): void {
  let found = 0;
  for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1)) {
    bytes.write(to, at, 'latin1');
    found++;
  }
  expect(found).toBeGreaterThan(0);
}

/** An addon that some tool of this checkout brings. */
function otherAddon(): Buffer {
  const modules = join(root, 'node_modules');
  const package_ = readdirSync(modules).find(name => name.startsWith('lightningcss-linux'))!;
  const file = readdirSync(join(modules, package_)).find(name => name.endsWith('.node'))!;
  return readFileSync(join(modules, package_, file));
}

describe.runIf(addon && process.platform === 'linux')('an addon that is', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.resetModules();
  });

  test.each<[string, () => Buffer | string, RegExp]>([
    [
      'a foreign file',
      () => 'not a library at all\n'.repeat(99),
      /frac_connections\.node is not a shared library \(no ELF header\)$/,
    ],
    ['empty', () => '', /frac_connections\.node is empty$/],
    [
      'truncated in its header',
      () => readFileSync(binary).subarray(0, 40),
      /frac_connections\.node is truncated: it has 40 bytes, fewer than the 64 of its header$/,
    ],
    [
      'without its last byte',
      () => readFileSync(binary).subarray(0, -1),
      /is truncated: it has \d+ of \d+ bytes$/,
    ],
    ['for macOS', () => Buffer.from('cffaedfe07000001', 'hex'), /\.node is made for macOS, not for Linux$/],
    ['for Windows', () => `MZ${'\0'.repeat(99)}`, /\.node is made for Windows, not for Linux$/],
    [
      'for another processor',
      () => changed(bytes => bytes.writeUInt16LE(0x1234, 18)), // e_machine
      /\.node is made for another processor \(ELF machine 4660\), not for \w+$/,
    ],
    [
      'in want of a symbol',
      () => changed(bytes => replaceAll(bytes, 'napi_get_typedarray_info\0', 'napi_get_typedarray_infX\0')),
      /frac_connections\.node: undefined symbol: napi_get_typedarray_infX/,
    ],
    [
      'the addon of something else',
      otherAddon,
      /frac_connections\.node is not the addon of this version: it does not export fracWidth, fracWidthGrad, /,
    ],
  ])('%s is refused, with the reason', async (_, bytes, reason) => {
    const { found } = await loaded(bytes());
    expect(found).toEqual({ reasons: [expect.stringMatching(reason)] });
  });

  test.each<[string, () => Buffer | undefined, RegExp]>([
    ['absent', () => undefined, /^No native build was found for platform=linux .*loaded from: /],
    // Without the loader's own check the process would die here, by SIGBUS.
    [
      'truncated in the middle',
      () => readFileSync(binary).subarray(0, 70_000),
      /frac_connections\.node is truncated: it has 70000 of \d{6,} bytes$/,
    ],
  ])('%s leaves the fallback, and the reason', (_, bytes, reason) => {
    const { runtime, native, errors } = withAddon(bytes());
    expect(native).toEqual({ available: false, reasons: [expect.stringMatching(reason)] });
    expect(runtime).toEqual({
      backend: 'cpu',
      path: 'fallback',
      remarks: [],
      requested: 'auto',
      notTaken: [
        { path: 'tensorflow', reason: native.reasons[0] },
        { path: 'native', reason: native.reasons[0] },
      ],
    });
    expect(errors).toEqual([
      `ERR_PATH: setPath: 'native' cannot run on tfjs backend 'cpu': ${native.reasons[0]}`,
      `ERR_PATH: setThreads: there is no native addon: ${native.reasons[0]}`,
    ]);
  });

  test('whole is taken, from that folder', () => {
    const { file, runtime, native, errors } = withAddon(readFileSync(binary));
    expect(native).toMatchObject({ available: true, binary: file });
    expect(native.chosen).toBe('in the folder that FRAC_CONNECTIONS_PREBUILD names');
    expect(runtime.path).toBe('native');
    expect(errors).toEqual([null, null]);
  });

  test('not wanted is not loaded', () => {
    const { native } = withAddon('', { FRAC_CONNECTIONS_NATIVE: 'off' });
    expect(native).toEqual({ available: false, reasons: ['FRAC_CONNECTIONS_NATIVE is off'] });
  });
});
