// Runs the installer of tfjs-node, which downloads a TensorFlow and a binding from Google. It runs in a copy of the
// package, and only a complete result is copied back, because a failed installer leaves partial folders and an edited
// package.json.
import { cpSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { run } from '../common/child.mjs';
import { explain, SetupError, say, seconds } from '../common/terminal.mjs';
import { recallFailure, rememberFailure } from '../tensorflow/cache.mjs';

const LIMIT_MINUTES = 10;

/** The reason of a failure: the first line with an error message, or else the last line. */
function reasonOf({ code, timedOut, error, stdout, stderr }) {
  if (code === 0) return 'it exited with 0, but the installation is incomplete';
  if (timedOut) return `not done after ${LIMIT_MINUTES} minutes`;
  const output = `${stdout}\n${stderr}`;
  const message = output.split('\n').find(line => /\b[A-Za-z]*Error: /.test(line));
  return explain(error ?? message?.replace(/^.*?\b[A-Za-z]*Error: /, '') ?? output);
}

/** The folders that a complete installation has. */
const complete = folder =>
  existsSync(join(folder, 'deps', 'lib')) &&
  existsSync(join(folder, 'lib')) &&
  readdirSync(join(folder, 'lib')).some(name => existsSync(join(folder, 'lib', name, 'tfjs_binding.node')));

/** Runs the installer of `tfjs` (name, version, directory), once per version and user, and prints the result. */
export async function tryInstaller(tfjs) {
  const key = `installer ${tfjs.name}@${tfjs.version} ${process.platform} ${process.arch}`;
  const failure = recallFailure(key, Number.POSITIVE_INFINITY);
  if (failure) throw new SetupError(`${tfjs.name}'s own installer failed before (${failure.reason})`);
  const started = performance.now();
  say('TensorFlow', `trying the installer of ${tfjs.name} (at most ${LIMIT_MINUTES} minutes)`);
  // The copy is next to the package, so that it finds the same dependencies.
  const folder = dirname(tfjs.directory);
  for (const name of readdirSync(folder)) {
    if (/^\.\d+-installing$/.test(name)) rmSync(join(folder, name), { recursive: true }); // left by a killed set-up
  }
  const copy = join(folder, `.${process.pid}-installing`);
  try {
    cpSync(tfjs.directory, copy, { recursive: true, filter: source => !/[\\/](deps|lib)$/.test(source) });
    const tools = join(folder, '..', '.bin');
    const env = { ...process.env, PATH: `${tools}${delimiter}${process.env.PATH}` };
    const kind = tfjs.name.endsWith('gpu') ? 'gpu' : 'cpu';
    const args = ['scripts/install.js', kind, 'download'];
    const result = await run(process.execPath, args, { cwd: copy, env, timeout: LIMIT_MINUTES * 60e3 });
    if (result.code !== 0 || !complete(copy)) {
      const reason = reasonOf(result);
      rememberFailure(key, reason);
      throw new SetupError(`${tfjs.name}'s own installer failed (${reason})`);
    }
    for (const name of ['deps', 'lib']) {
      rmSync(join(tfjs.directory, name), { recursive: true, force: true });
      renameSync(join(copy, name), join(tfjs.directory, name));
    }
    say('TensorFlow', `installed by ${tfjs.name} in ${seconds(started)}`);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
