import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'vitest';
import { run } from './support/child.js';
import { copyConsumer, expectNative, prebuilt, said } from './support/consumer.js';
import { temporaryFolder } from './support/folders.js';
import { findReadOnly } from './support/read_only.js';

// The project, the home folder and the one for temporary files.
const PROBE = `
const { writeFileSync } = require('node:fs');
const { homedir, tmpdir } = require('node:os');
for (const folder of [__dirname, __dirname + '/node_modules/frac-connections', homedir(), tmpdir()]) {
  try { writeFileSync(folder + '/written', ''); }
  catch (error) { if (error.code === 'EROFS') continue; throw error; }
  throw new Error(folder + ' can be written to');
}`;

test('on a read-only file system ops run on the native kernels', ({ skip }) => {
  const readOnly = findReadOnly(temporaryFolder());
  if (!readOnly)
    return skip('no right to mount a folder read-only, neither directly nor in a user namespace');
  const folder = copyConsumer();
  writeFileSync(join(folder, 'probe.cjs'), PROBE);
  const home = join(temporaryFolder(), 'home');
  mkdirSync(home);
  for (const program of ['main.mjs', 'main.cjs']) {
    const command = [process.execPath, '--require', './probe.cjs', program];
    const [first, ...rest] = readOnly([folder, home, realpathSync(tmpdir())], command);
    expectNative(said(run(first!, rest, { cwd: folder, env: { HOME: home } }))[0]!, prebuilt(folder));
  }
});
