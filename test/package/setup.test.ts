import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { cacheDirectory, readPrepared } from '../../lib/tensorflow/prepared.js';
import { run } from './support/child.js';
import { copyFolder, temporaryFolder } from './support/folders.js';
import { makeProject, npm, TFJS_NODE } from './support/managers.js';

// `npx frac-connections setup` of the installed package, then a training step inside TensorFlow. The TensorFlow itself comes
// from the cache of this user, so that nothing is downloaded: test/setup has the download.

const TRAIN = `
import { tf } from 'frac-connections/tensorflow';
import { FracConnection, runtimeInfo } from 'frac-connections';
const w = tf.variable(tf.eye(8));
const connection = new FracConnection({ dim: 8, rate: 4, prenorm: true });
const h = tf.randomNormal([16, 8], 0, 1, 'float32', 1);
const loss = () => connection.apply(h, x => x.matMul(w)).square().mean();
const optimizer = tf.train.sgd(0.1);
const [first, second] = [0, 1].map(() => optimizer.minimize(loss, true).dataSync()[0]);
console.log(JSON.stringify({ path: runtimeInfo().path, learns: second < first }));
`;

const prepared = readPrepared();
const unpacked = 'directory' in prepared ? join(prepared.directory, '..') : undefined;
const whole = unpacked !== undefined && existsSync(join(unpacked, 'wheels.json'));

/** Every file of a folder, with its size and time. */
const filesOf = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map(name => {
      const { size, mtimeMs } = statSync(join(folder, name));
      return [name, size, mtimeMs];
    });

test('setup prepares TensorFlow for a project whose install ran no script', { timeout: 600_000 }, ({
  skip,
}) => {
  if (!whole) return skip('set-up has unpacked no TensorFlow on this machine');
  const folder = join(temporaryFolder(), 'project');
  makeProject(folder, inject('tarball'), { dependencies: TFJS_NODE });
  expect(npm.install(folder, inject('caches'), false, [npm.skipScripts]).stderr).toBe('');
  writeFileSync(join(folder, 'train.mjs'), TRAIN);
  const home = temporaryFolder();
  const env = { XDG_CACHE_HOME: home };
  const command = (...args: string[]) =>
    run('npx', ['--offline', 'frac-connections', ...args], { cwd: folder, env });
  const train = () => run(process.execPath, ['train.mjs'], { cwd: folder, env });

  expect(train().stderr).toContain('`npx frac-connections setup`');
  expect(command('doctor').stdout).toMatch(/^.*; faster with TensorFlow: npx frac-connections setup\n/);
  const none = command('setup', '--list');
  expect(none.stdout).toMatch(/CPU +not here\n.*GPU +not here\n$/);

  const before = filesOf(folder);
  const cache = join(home, 'frac-connections');
  expect(basename(cache)).toBe(basename(cacheDirectory()));
  run('mkdir', [cache], { cwd: home });
  copyFolder(unpacked!, join(cache, basename(unpacked!)));
  const done = command('setup');
  expect([done.status, done.stderr]).toEqual([0, '']);
  expect(done.stdout).toMatch(
    /compiling the binding of tfjs-node 4\.22\.0 with \S+\n.*built in .*\n.*2\.21\.0 loads, through @tensorflow\/tfjs-node-gpu 4\.22\.0 \(prepared\)\n$/,
  );
  expect(filesOf(folder), 'the project does not change').toEqual(before);

  const trained = train();
  expect([trained.status, trained.stderr]).toEqual([0, '']);
  expect(JSON.parse(trained.stdout)).toEqual({ path: 'tensorflow', learns: true });
  expect(command('setup').stdout).toMatch(/^TensorFlow {2}2\.21\.0 loads, .*\n$/);
  expect(command('setup', '--list').stdout).toMatch(/CPU +0\.9 GB, in use\n/);

  expect(command('setup', '--remove').status).toBe(0);
  expect(readdirSync(cache)).toEqual([]);
  expect(train().stderr).toContain('`npx frac-connections setup`');
});
