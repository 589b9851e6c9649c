// Step 4: TensorFlow. Takes one that loads; else lets tfjs-node's own installer try; else fetches the pinned wheel and
// builds the binding against it.
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

/** What was found out about this checkout. */
const NOTE = join(CACHE, `ready-${createHash('sha256').update(ROOT).digest('hex').slice(0, 12)}.json`);
/** How long a failed download keeps `npm start` from trying again; `npm run setup` always does. */
const REST_HOURS = 1;

const stamp = file => (existsSync(file) ? [file, statSync(file).size, statSync(file).mtimeMs] : [file]);

/** A hash of all that decides whether TensorFlow loads: while it stays, so does the answer. */
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
 * Asks whether TensorFlow loads now, with `binding` if that is given; if so, says and notes it. Undefined, or the reasons
 * why it does not.
 */
async function reasonsAgainst(binding) {
  const { info, reasons } = await probe();
  if (!info) return reasons;
  if (binding && info.binding !== binding) return [`${info.binding} loads in its place`];
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
    `set-up prepares TensorFlow on Linux x64 with glibc 2.27 or newer, and this is ${here}`,
  );
}

/** Builds the binding for the TensorFlow in `folder` and makes it the prepared one, if it loads. */
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
  await findCompiler(); // before a long download, not after it
  if (!isUnpacked()) {
    const python = await findPython();
    const { file, ours } = await obtainWheel(python);
    await unpack(python, file);
    if (ours) rmSync(file);
  }
  await prepare(UNPACKED, 'wheel');
}

/** The ways to a TensorFlow, each tried when those before it failed; the failures' messages when all did. */
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

/** The default flow: never fails, as everything runs without TensorFlow too. */
async function obtain({ patient }) {
  const failure = patient ? undefined : recallFailure(WHEEL.project, REST_HOURS);
  if (failure) return sayAbsent(`${failure.reason} (npm run setup tries again)`);
  const failures = await tryAll();
  if (failures.length === 0) return;
  const { message, slow } = failures.at(-1);
  if (slow) rememberFailure(WHEEL.project, message);
  sayAbsent(message);
}

function sayAbsent(reason) {
  say('TensorFlow', `not available: ${reason}`);
  say('TensorFlow', 'everything still runs on the pure JavaScript backend, at a fraction of the speed');
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
  const patient = again || process.env.npm_lifecycle_event === 'setup';
  try {
    const work = async () => {
      sweep();
      if (again) {
        forgetFailures();
        writePrepared(undefined);
      }
      if (await reasonsAgainst()) await obtain({ patient });
    };
    await withLock(CACHE, work, onWait);
  } catch (error) {
    if (!error.code) throw error; // a mistake here, not the system's: a full disk, a folder that may not be written
    sayAbsent(explain(error));
  }
}
