import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { run, succeed } from './support/child.js';
import { addPrograms, expectNative, prebuilt, runProgram } from './support/consumer.js';
import { temporaryFolder } from './support/folders.js';
import { makeProject, npm, TFJS } from './support/managers.js';

const scripts = [
  'preinstall',
  'install',
  'postinstall',
  'prepublish',
  'preprepare',
  'prepare',
  'postprepare',
];

/** Files of the tarball, without the folder `package/` in which they lie. */
const packed = () =>
  succeed('tar', ['-tzf', inject('tarball')], { cwd: '/' })
    .stdout.trim()
    .split('\n')
    .map(name => name.replace(/^package\//, ''));

describe('the tarball', () => {
  test('has what is needed, and nothing that npm would build or the loader would take instead', () => {
    const files = packed();
    for (const arch of ['x64', 'arm64']) {
      expect(files).toContain(`prebuilds/linux-${arch}/frac-connections.glibc.node`);
    }
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'NOTICE', 'README.md']));
    expect(files.filter(name => /(^|\/)binding\.gyp$|^(build|test)\//.test(name))).toEqual([]);
  });

  test('has no script that an install runs', () => {
    const manifest = succeed('tar', ['-xzOf', inject('tarball'), 'package/package.json'], {
      cwd: '/',
    }).stdout;
    const { scripts: own, gypfile } = JSON.parse(manifest);
    expect(Object.keys(own).filter(name => scripts.includes(name))).toEqual([]);
    expect(gypfile).toBe(false);
  });
});

describe('npm install --offline --ignore-scripts', () => {
  test('says nothing but that it is done', () => {
    const { status, stdout, stderr } = inject('installed');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^\s*added \d+ packages/);
  });

  test('leaves what was in the tarball, to the file: nothing was fetched or built besides', () => {
    const folder = join(inject('consumer'), 'node_modules', 'frac-connections');
    const found = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1));
    expect(found.sort()).toEqual(packed().sort());
  });

  test('finds no script of ours to run', () => {
    const { packages } = JSON.parse(readFileSync(join(inject('consumer'), 'package-lock.json'), 'utf8'));
    const scripted = Object.keys(packages).filter(name => packages[name].hasInstallScript);
    expect(scripted).toEqual(['node_modules/core-js']); // tfjs brings it
  });
});

/** npm 10, which comes with Node 20 and 22, has no such policy. */
const hasPolicy =
  run('npm', ['config', 'get', 'strict-allow-scripts'], { cwd: '/' }).stdout.trim() === 'false';
const title = `npm install --strict-allow-scripts${hasPolicy ? '' : ' (skipped: this npm does not know it)'}`;

describe.skipIf(!hasPolicy)(title, () => {
  const install = (manifest: Record<string, unknown>, dependencies = TFJS) => {
    const folder = temporaryFolder();
    makeProject(folder, inject('tarball'), { manifest, dependencies });
    return { folder, ...npm.install(folder, inject('caches'), false, ['--strict-allow-scripts']) };
  };

  test('needs no permission for this package and what it depends on', () => {
    const { status, stderr, folder } = install({}, {});
    expect([status, stderr]).toEqual([0, '']);
    expect(readdirSync(join(folder, 'node_modules', '@tensorflow'))).toEqual(['tfjs-core']); // its peer
  });

  test('is content with tfjs once the one script that tfjs brings is refused', () => {
    const refused = install({ allowScripts: { 'core-js': false } });
    expect([refused.status, refused.stderr]).toEqual([0, '']);
    addPrograms(refused.folder);
    expectNative(runProgram(refused.folder, 'main.mjs'), prebuilt(refused.folder));
  });

  test('is strict: nobody asked about that script, nothing is installed', () => {
    const { status, stderr } = install({});
    expect(status).not.toBe(0);
    expect(stderr).toContain('core-js');
    expect(stderr).not.toContain('frac-connections@');
  });
});
