import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { Diagnosis } from '../../lib/cli/diagnosis.js';
import { run } from './support/child.js';
import { copyConsumer, expectFallback, expectNative, prebuilt, said } from './support/consumer.js';
import { temporaryFolder } from './support/folders.js';

// Machines that lack or refuse what is usually there. Looking for the addon and for TensorFlow never throws: what is missing is a
// reason.

const doctor = (folder: string, env: Record<string, string> = {}): Diagnosis => {
  const { status, stdout, stderr } = run('npx', ['--offline', 'frac-connections', 'doctor', '--json'], {
    cwd: folder,
    env,
  });
  expect([status, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
};

/** The flag of Node's permission model, whose name changed in Node 23.5. */
const PERMISSION = ['--permission', '--experimental-permission'].find(flag =>
  process.allowedNodeEnvironmentFlags.has(flag),
);

test.skipIf(!PERMISSION)('under the permission model, which refuses addons, ops run on the fallback', () => {
  const folder = copyConsumer();
  const flags = [PERMISSION!, `--allow-fs-read=${folder}/*`, '--no-warnings'];
  for (const program of ['main.mjs', 'main.cjs']) {
    const outcome = run(process.execPath, [...flags, program], { cwd: folder });
    expectFallback(said(outcome)[0]!, /permission model needs --allow-addons/);
  }
});

test('for a user without a home folder ops run on the native kernels', ({ skip }) => {
  const stranger = { uid: 54321, gid: 54321, env: { PATH: process.env.PATH! }, encoding: 'utf8' } as const;
  // Only root may run a program as another user, who must be allowed to run this Node.
  if (spawnSync(process.execPath, ['-p', '1'], stranger).status !== 0)
    return skip('no program runs as another user here');
  const folder = copyConsumer();
  chmodSync(dirname(folder), 0o755);
  const outcome = spawnSync(process.execPath, ['main.mjs'], { ...stranger, cwd: folder });
  expectNative(said(outcome)[0]!, prebuilt(folder));
  const cli = join('node_modules', 'frac-connections', 'dist', 'esm', 'cli', 'main.js');
  const { stdout } = spawnSync(process.execPath, [cli, 'doctor', '--json'], { ...stranger, cwd: folder });
  expect(JSON.parse(stdout).verdict).toMatchObject({ backend: 'cpu', path: 'native' });
  const setup = spawnSync(process.execPath, [cli, 'setup', '--list'], { ...stranger, cwd: folder });
  expect(setup.stderr).toMatch(
    /^frac-connections: setup: this user has no home folder .*: set XDG_CACHE_HOME/,
  );
  expect([setup.status, setup.stdout, setup.stderr.split('\n').length]).toEqual([1, '', 2]);
});

test('in a working folder that was removed ops run on the native kernels', () => {
  const folder = copyConsumer();
  const gone = join(temporaryFolder(), 'gone');
  mkdirSync(gone);
  const command = `rmdir '${gone}' && exec '${process.execPath}' '${join(folder, 'main.mjs')}'`;
  const outcome = run('sh', ['-c', `cd '${gone}' && ${command}`], { cwd: folder });
  expectNative(said(outcome)[0]!, prebuilt(folder));
});

test('a damaged tfjs-node is a reason, for doctor and for the error', () => {
  const folder = copyConsumer();
  const damaged = join(folder, 'node_modules', '@tensorflow', 'tfjs-node');
  mkdirSync(damaged);
  writeFileSync(join(damaged, 'package.json'), '{ "version": ');
  const { tensorflow, packages, verdict } = doctor(folder);
  expect(tensorflow).toMatchObject({ found: false });
  expect('reasons' in tensorflow && tensorflow.reasons.join()).toMatch(/@tensorflow\/tfjs-node: /);
  expect(packages['@tensorflow/tfjs-node']).toMatch(/^cannot be read: /);
  expect(verdict).toMatchObject({ backend: 'cpu', path: 'native' });
  const program =
    "import('frac-connections/tensorflow').catch(error => console.log(error.code, error.message))";
  expect(run(process.execPath, ['-e', program], { cwd: folder }).stdout).toMatch(
    /^ERR_TENSORFLOW [\s\S]*tfjs-node: /,
  );
});

test('a folder in place of the note of set-up is a reason', () => {
  const folder = copyConsumer();
  const home = temporaryFolder();
  mkdirSync(join(home, 'frac-connections', 'prepared.json'), { recursive: true });
  const { prepared } = doctor(folder, { XDG_CACHE_HOME: home });
  expect(prepared).toEqual({ reason: expect.stringMatching(/prepared\.json cannot be read: EISDIR/) });
});
