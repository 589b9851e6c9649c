#!/usr/bin/env node
// Makes a checkout ready: npm packages, build, native addon, TensorFlow, its stream. Run by `npm start`, `npm test` and `npm run setup`; says each
// step in a line and takes well under a second when there is nothing to do. Node's own modules only: it runs before
// `npm ci`.
//
//   npm run setup                        the five steps
//   npm run setup -- --tensorflow DIR    with an unpacked TensorFlow of your own: a folder with libtensorflow_cc.so.2
//                                        (or libtensorflow.so.2), libtensorflow_framework.so.2 and include/, or the
//                                        folder that a TensorFlow wheel was unpacked to
//   npm run setup -- --again             forget such a folder and what failed before, and look anew
//
// FRAC_CONNECTIONS_TENSORFLOW=off        leave TensorFlow out
// FRAC_CONNECTIONS_NATIVE=off            leave the native addon out
//
// Without either everything still runs, on tfjs' pure JavaScript backend and compositions of tfjs ops; so its absence is
// said, and is no failure.
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildCurrent, buildStep } from './setup/build_step.mjs';
import { withLock } from './setup/lock.mjs';
import { nativeCurrent, nativeStep } from './setup/native.mjs';
import { packagesCurrent, packagesStep } from './setup/packages.mjs';
import { ROOT } from './setup/paths.mjs';
import { streamStep } from './setup/stream.mjs';
import { tensorflowStep } from './setup/tensorflow.mjs';
import { explain, SetupError, say } from './setup/terminal.mjs';

const USAGE = 'usage: npm run setup [-- --tensorflow DIR | --again]';

function options() {
  try {
    const { values } = parseArgs({
      options: { tensorflow: { type: 'string' }, again: { type: 'boolean' }, help: { type: 'boolean' } },
    });
    // npm moves to the package's folder; INIT_CWD is where the user typed the command.
    if (values.tensorflow) values.tensorflow = resolve(process.env.INIT_CWD ?? '.', values.tensorflow);
    return values;
  } catch (error) {
    throw new SetupError(`${error.message} (${USAGE})`);
  }
}

/** npm packages, build and addon. Two set-ups of one checkout take turns: `npm start` and `npm test` at once, say. */
async function checkoutSteps() {
  const steps = async () => {
    await packagesStep();
    await buildStep();
    await nativeStep();
  };
  if (packagesCurrent() && buildCurrent() && nativeCurrent()) return steps();
  const onWait = pid => say('set-up', `waiting for another one in this folder (process ${pid})`);
  return withLock(join(ROOT, '.setup'), steps, onWait);
}

try {
  const { tensorflow, again, help } = options();
  if (help) {
    console.log(USAGE);
  } else {
    await checkoutSteps();
    await tensorflowStep({ directory: tensorflow, again });
    await streamStep();
  }
} catch (error) {
  if (!(error instanceof SetupError) && !error.code) throw error; // a mistake in set-up itself
  say('set-up', `failed: ${error instanceof SetupError ? error.message : explain(error)}`);
  process.exitCode = 1;
}
