import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { cacheDirectory, readPrepared } from '../../lib/tensorflow/prepared.js';
import { checkoutWith } from './checkout.js';
import { root, runSetup, sandbox, temporaryFolder } from './sandbox.js';

// The scripts are JavaScript without types; the variables keep TypeScript from asking for some.
const script = (name: string) => join(root, 'scripts', name);
const { packagesCurrent } = (await import(script('setup/packages.mjs'))) as {
  packagesCurrent(folder: string): boolean;
};
const { buildCurrent, sourceHash } = (await import(script('setup/build_step.mjs'))) as {
  buildCurrent(folder: string): boolean;
  sourceHash(folder: string): string;
};

const lock = (packages: object) => JSON.stringify({ lockfileVersion: 3, packages });

describe('npm packages', () => {
  const wanted = {
    '': {},
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b': { version: '2.0.0', optional: true },
  };
  const checkout = (installed?: object) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'package-lock.json'), lock(wanted));
    if (installed) {
      mkdirSync(join(folder, 'node_modules'));
      writeFileSync(join(folder, 'node_modules', '.package-lock.json'), lock(installed));
    }
    return packagesCurrent(folder);
  };

  test('are current when each is there in its version, or optional', () => {
    expect(checkout({ 'node_modules/a': { version: '1.0.0' } })).toBe(true);
    expect(checkout({ 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '2.0.0' } })).toBe(
      true,
    );
  });

  test('are not current when absent or of another version', () => {
    expect(checkout()).toBe(false);
    expect(checkout({})).toBe(false);
    expect(checkout({ 'node_modules/a': { version: '1.0.1' } })).toBe(false);
    expect(checkout({ 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '1.9.0' } })).toBe(
      false,
    );
  });
});

describe('build', () => {
  test('is stale when a source changes by its content or name', () => {
    const folder = checkoutWith('export const one = 1;');
    expect(buildCurrent(folder)).toBe(false);
    mkdirSync(join(folder, 'dist'));
    writeFileSync(join(folder, 'dist', '.stamp'), sourceHash(folder));
    expect(buildCurrent(folder)).toBe(true);
    writeFileSync(join(folder, 'lib', 'index.ts'), 'export const one = 2;');
    expect(buildCurrent(folder)).toBe(false);
    writeFileSync(join(folder, 'lib', 'index.ts'), 'export const one = 1;');
    expect(buildCurrent(folder)).toBe(true);
    writeFileSync(join(folder, 'lib', 'more.ts'), '');
    expect(buildCurrent(folder)).toBe(false);
  });
});

describe('the command', () => {
  test.each([['--bogus'], ['--tensorflow'], ['DIR']])('%s: said in a line with the usage', argument => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/setup.mjs', argument], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(stdout).toMatch(
      /^set-up +failed: .*(usage: npm run setup \[-- --gpu \| --tensorflow DIR \| --again\])/s,
    );
    expect(stderr).toBe('');
    expect(status).toBe(1);
  });
});

describe('the cache', () => {
  test('is the same to set-up and to the library, and so is the format of prepared.json', async () => {
    const box = sandbox();
    const binding = join(box.home, 'tfjs_binding.node');
    writeFileSync(binding, '');
    const program = `
      const { writePrepared } = await import('${script('tensorflow/cache.mjs')}');
      writePrepared({ source: 'user', directory: '/d', binding: '${binding}', tfjs: '4.22.0' });`;
    expect((await runSetup(box, {}, program)).code).toBe(0);
    vi.stubEnv('XDG_CACHE_HOME', box.home);
    try {
      expect(cacheDirectory()).toBe(box.cache);
      expect(readPrepared()).toEqual({ format: 1, source: 'user', directory: '/d', binding, tfjs: '4.22.0' });
      writeFileSync(join(box.cache, 'prepared.json'), '{"format": 2}');
      expect(readPrepared()).toEqual({ reason: expect.stringContaining('does not have format 1') });
      writeFileSync(join(box.cache, 'prepared.json'), '{"form');
      expect(readPrepared()).toEqual({ reason: expect.stringContaining('cannot be read') });
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test('lets two set-ups take turns, and a lock of a dead process holds nobody up', async () => {
    const box = sandbox();
    writeFileSync(join(box.cache, 'setup.lock'), '999999999');
    const log = join(box.home, 'log');
    writeFileSync(log, '');
    const program = `
      const { withLock } = await import('${script('common/lock.mjs')}');
      const { appendFileSync } = await import('node:fs');
      await withLock('${box.cache}', async () => {
        appendFileSync('${log}', 'in ');
        await new Promise(done => setTimeout(done, 700));
        appendFileSync('${log}', 'out ');
      }, pid => console.log('waiting for ' + pid));`;
    const results = await Promise.all([1, 2, 3].map(() => runSetup(box, {}, program)));
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(readFileSync(log, 'utf8')).toBe('in out in out in out ');
    expect(results.filter(({ output }) => /^waiting for \d+\n$/.test(output))).toHaveLength(2);
    expect(existsSync(join(box.cache, 'setup.lock'))).toBe(false);
  });

  test('leaves a lock of a dead process to the one that removes it already', async () => {
    const box = sandbox();
    const lock = join(box.cache, 'setup.lock');
    writeFileSync(lock, '999999999');
    writeFileSync(`${lock}.removing`, '');
    const program = `
      const { withLock } = await import('${script('common/lock.mjs')}');
      await withLock('${box.cache}', () => console.log('in'), () => {});`;
    const result = runSetup(box, {}, program);
    await new Promise(done => setTimeout(done, 1000));
    expect(readFileSync(lock, 'utf8')).toBe('999999999');
    rmSync(`${lock}.removing`);
    expect(await result).toMatchObject({ code: 0, output: 'in\n' });
    expect(existsSync(lock)).toBe(false);
  });
});
