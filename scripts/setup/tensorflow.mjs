// Step 4: TensorFlow. If one already loads, it is used. Otherwise this runs the installer of tfjs-node. If that fails,
// it downloads the pinned wheel and builds the binding against it.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { buildBinding, findCompiler, tfjsPackage } from './binding.mjs';
import {
  forgetFailures,
  readPrepared,
  recallFailure,
  rememberFailure,
  sweep,
  writePrepared,
} from './cache.mjs';
import { tryInstaller } from './installer.mjs';
import { findLibraries } from './libraries.mjs';
import { withLock } from './lock.mjs';
import { CACHE, ROOT, writeWhole } from './paths.mjs';
import { probe } from './probe.mjs';
import { findPython } from './python.mjs';
import { explain, SetupError, say } from './terminal.mjs';
import { isUnpacked, UNPACKED, unpack } from './unpack.mjs';
import { obtainWheel, WHEEL } from './wheel.mjs';

/** The file with the last successful result for this checkout. */
const NOTE = join(CACHE, `ready-${createHash('sha256').update(ROOT).digest('hex').slice(0, 12)}.json`);
/** After a failed download `npm start` does not try again for this time; `npm run setup` always tries. */
const REST_HOURS = 1;

const stamp = file => (existsSync(file) ? [file, statSync(file).size, statSync(file).mtimeMs] : [file]);

/** A hash of everything that decides whether TensorFlow loads. While it is unchanged, the last result is valid. */
function fingerprint() {
  const prepared = readPrepared();
  const tfjs = tfjsPackage();
  const own = join(tfjs.directory, 'lib');
  const files = prepared ? [prepared.binding] : [];
  for (const folder of prepared && existsSync(prepared.directory) ? [prepared.directory] : []) {
    files.push(...readdirSync(folder).map(name => join(folder, name)));
  }
  const state = [process.version, tfjs, prepared, files.map(stamp), existsSync(own) && readdirSync(own)];
  return createHash('sha256').update(JSON.stringify(state)).digest('hex');
}

function recallReady() {
  if (!existsSync(NOTE)) return undefined;
  const note = JSON.parse(readFileSync(NOTE, 'utf8'));
  return note.fingerprint === fingerprint() ? note.line : undefined;
}

/**
 * Tests whether TensorFlow loads now, with `binding` if that is given. If it loads, prints and stores the result and
 * returns undefined. Otherwise returns the reasons.
 */
async function reasonsAgainst(binding) {
  const { info, reasons } = await probe();
  if (!info) return reasons;
  if (binding && info.binding !== binding) return [`${info.binding} loads instead`];
  const line = `ready: ${info.tensorflowVersion} through ${info.package} ${info.packageVersion} (${info.source})`;
  writeWhole(NOTE, JSON.stringify({ fingerprint: fingerprint(), line }));
  say('TensorFlow', line);
  return undefined;
}

function checkPlatform() {
  const { glibcVersionRuntime = '' } = process.report?.getReport().header ?? {};
  const [major = 0, minor = 0] = glibcVersionRuntime.split('.').map(Number);
  if (process.platform === 'linux' && process.arch === 'x64' && (major > 2 || (major === 2 && minor >= 27)))
    return;
  const libc =
    process.platform === 'linux'
      ? ` with ${glibcVersionRuntime ? `glibc ${glibcVersionRuntime}` : 'no glibc'}`
      : '';
  const here = `${process.platform} ${process.arch}${libc}`;
  throw new SetupError(
    `set-up prepares TensorFlow only on Linux x64 with glibc 2.27 or newer, and this is ${here}`,
  );
}

/** Builds the binding for the TensorFlow in `folder`. If it loads, it becomes the prepared TensorFlow. */
async function prepare(folder, source) {
  const tfjs = tfjsPackage();
  const libraries = findLibraries(folder);
  const binding = await buildBinding(tfjs, libraries);
  const before = readPrepared();
  writePrepared({ source, directory: libraries.directory, binding, tfjs: tfjs.version });
  const reasons = await reasonsAgainst(binding);
  if (!reasons) return;
  writePrepared(before);
  throw new SetupError(`the TensorFlow in ${folder} does not load (${reasons.join('; ')})`);
}

async function prepareWheel() {
  checkPlatform();
  await findCompiler(); // fail before the long download, not after it
  if (!isUnpacked()) {
    const python = await findPython();
    const { file, ours } = await obtainWheel(python);
    await unpack(python, file);
    if (ours) rmSync(file);
  }
  await prepare(UNPACKED, 'wheel');
}

/** Tries each way to get a TensorFlow until one works. Returns the failures if none does, otherwise an empty list. */
async function tryAll() {
  const failures = [];
  const attempt = async way => {
    try {
      await way();
      return true;
    } catch (error) {
      if (!(error instanceof SetupError) && !error.code) throw error;
      failures.push(error instanceof SetupError ? error : new SetupError(explain(error)));
      return false;
    }
  };
  const before = readPrepared();
  if (before?.source === 'user' && existsSync(before.directory)) {
    if (await attempt(() => prepare(before.directory, 'user'))) return [];
  }
  const installed = async () => {
    await tryInstaller(tfjsPackage());
    const reasons = await reasonsAgainst();
    if (reasons) throw new SetupError(`what it installed does not load: ${reasons.join('; ')}`);
  };
  if (await attempt(installed)) return [];
  say('TensorFlow', `${failures.at(-1).message}; taking ${WHEEL.project} ${WHEEL.version}`);
  if (await attempt(prepareWheel)) return [];
  return failures;
}

/** The default procedure. It never fails, because everything also runs without TensorFlow. */
async function obtain({ retry }) {
  const failure = retry ? undefined : recallFailure(WHEEL.project, REST_HOURS);
  if (failure) return reportUnavailable(`${failure.reason} (npm run setup tries again)`);
  const failures = await tryAll();
  if (failures.length === 0) return;
  const { message, slow } = failures.at(-1);
  if (slow) rememberFailure(WHEEL.project, message);
  reportUnavailable(message);
}

function reportUnavailable(reason) {
  say('TensorFlow', `not available: ${reason}`);
  say('TensorFlow', 'everything still runs on the pure JavaScript backend, but much slower');
}

/** @param {{ directory?: string, again?: boolean }} options of the command line */
export async function tensorflowStep({ directory, again }) {
  if (process.env.FRAC_CONNECTIONS_TENSORFLOW === 'off') {
    return say('TensorFlow', 'left out: FRAC_CONNECTIONS_TENSORFLOW is off');
  }
  const onWait = pid => say('TensorFlow', `waiting for another set-up (process ${pid})`);
  if (directory !== undefined) return withLock(CACHE, () => prepare(directory, 'user'), onWait);
  const ready = again ? undefined : recallReady();
  if (ready) return say('TensorFlow', ready);
  const retry = again || process.env.npm_lifecycle_event === 'setup';
  try {
    const work = async () => {
      sweep();
      if (again) {
        forgetFailures();
        writePrepared(undefined);
      }
      if (await reasonsAgainst()) await obtain({ retry });
    };
    await withLock(CACHE, work, onWait);
  } catch (error) {
    if (!error.code) throw error; // a bug here; system errors (full disk, missing permission) have a code
    reportUnavailable(explain(error));
  }
}
