// Step 4: TensorFlow. If one already loads, it is used. Otherwise this runs the installer of tfjs-node. If that fails,
// it downloads the pinned wheel and builds the binding against it.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from '../common/lock.mjs';
import { CACHE, ROOT, writeWhole } from '../common/paths.mjs';
import { explain, SetupError, say } from '../common/terminal.mjs';
import { CPU, GPU } from '../tensorflow/builds.mjs';
import {
  forgetFailures,
  readPrepared,
  recallFailure,
  rememberFailure,
  sweep,
  writePrepared,
} from '../tensorflow/cache.mjs';
import { prepareBuild, prepareFolder } from '../tensorflow/prepare.mjs';
import { probe } from '../tensorflow/probe.mjs';
import { tfjsPackage } from '../tensorflow/tfjs.mjs';
import { tryInstaller } from './installer.mjs';

/** The file with the last successful result for this checkout. */
const NOTE = join(CACHE, `ready-${createHash('sha256').update(ROOT).digest('hex').slice(0, 12)}.json`);
/** After a failed download `npm start` does not try again for this time; `npm run setup` always tries. */
const REST_HOURS = 1;

/** The key of a failed download in the cache. */
const FAILURE = 'tensorflow-cpu';

const stamp = file => (existsSync(file) ? [file, statSync(file).size, statSync(file).mtimeMs] : [file]);

/** A hash of everything that decides whether TensorFlow loads. While it is unchanged, the last result is valid. */
async function fingerprint() {
  const prepared = readPrepared();
  const tfjs = await tfjsPackage();
  const own = join(tfjs.directory, 'lib');
  const files = prepared ? [prepared.binding] : [];
  for (const folder of prepared && existsSync(prepared.directory) ? [prepared.directory] : []) {
    files.push(...readdirSync(folder).map(name => join(folder, name)));
  }
  const state = [process.version, tfjs, prepared, files.map(stamp), existsSync(own) && readdirSync(own)];
  return createHash('sha256').update(JSON.stringify(state)).digest('hex');
}

async function recallReady() {
  if (!existsSync(NOTE)) return undefined;
  const note = JSON.parse(readFileSync(NOTE, 'utf8'));
  return note.fingerprint === (await fingerprint()) ? note.line : undefined;
}

/** Prints and stores what loads. */
async function noteReady(info) {
  const line = `ready: ${info.tensorflowVersion} through ${info.package} ${info.packageVersion} (${info.source})`;
  writeWhole(NOTE, JSON.stringify({ fingerprint: await fingerprint(), line }));
  say('TensorFlow', line);
}

/** Whether TensorFlow loads now. Returns the reasons if it does not. */
async function reasonsAgainst() {
  const { info, reasons } = await probe();
  if (info) await noteReady(info);
  return reasons;
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
  if (before && before.source !== 'wheel' && existsSync(before.directory)) {
    if (await attempt(async () => noteReady(await prepareFolder(before.directory, before.source)))) return [];
  }
  const installed = async () => {
    await tryInstaller(await tfjsPackage());
    const reasons = await reasonsAgainst();
    if (reasons) throw new SetupError(`what it installed does not load: ${reasons.join('; ')}`);
  };
  if (await attempt(installed)) return [];
  say('TensorFlow', `${failures.at(-1).message}; taking ${CPU.wheels[0].name}`);
  if (await attempt(async () => noteReady(await prepareBuild(CPU)))) return [];
  return failures;
}

/** The default procedure. It never fails, because everything also runs without TensorFlow. */
async function obtain({ retry }) {
  const failure = retry ? undefined : recallFailure(FAILURE, REST_HOURS);
  if (failure) return reportUnavailable(`${failure.reason} (npm run setup tries again)`);
  const failures = await tryAll();
  if (failures.length === 0) return;
  const { message, slow } = failures.at(-1);
  if (slow) rememberFailure(FAILURE, message);
  reportUnavailable(message);
}

function reportUnavailable(reason) {
  say('TensorFlow', `not available: ${reason}`);
  say('TensorFlow', 'everything still runs on the pure JavaScript backend, but much slower');
}

/** @param {{ directory?: string, gpu?: boolean, again?: boolean }} options of the command line */
export async function tensorflowStep({ directory, gpu, again }) {
  if (process.env.FRAC_CONNECTIONS_TENSORFLOW === 'off') {
    return say('TensorFlow', 'left out: FRAC_CONNECTIONS_TENSORFLOW is off');
  }
  const onWait = pid => say('TensorFlow', `waiting for another set-up (process ${pid})`);
  if (directory !== undefined || gpu) {
    const work = () => (gpu ? prepareBuild(GPU) : prepareFolder(directory, 'user'));
    return noteReady(await withLock(CACHE, work, onWait));
  }
  const ready = again ? undefined : await recallReady();
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
