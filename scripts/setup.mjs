#!/usr/bin/env node
// Sets up a checkout: npm packages, build, native addon, TensorFlow, and the library for TensorFlow's stream.
// `npm start`, `npm test` and `npm run setup` run it. It prints one line per step, and takes well under a second if
// there is nothing to do. It uses only Node's own modules, because it runs before `npm ci`.
//
//   npm run setup                        runs the five steps
//   npm run setup -- --gpu               prepares TensorFlow for CUDA GPUs, with the CUDA libraries that it needs
//   npm run setup -- --tensorflow DIR    uses your own unpacked TensorFlow: a folder with libtensorflow_cc.so.2 (or
//                                        libtensorflow.so.2), libtensorflow_framework.so.2 and include/, or the
//                                        folder of an unpacked TensorFlow wheel
//   npm run setup -- --again             forgets that folder and earlier failures, and searches again
//
// FRAC_CONNECTIONS_TENSORFLOW=off        skips TensorFlow
// FRAC_CONNECTIONS_NATIVE=off            skips the native addon
//
// Without TensorFlow or the addon everything still runs, on the pure JavaScript backend of tfjs and compositions of
// tfjs ops. So if one of them is not available, set-up prints the reason and does not fail.
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { withLock } from './common/lock.mjs';
import { ROOT } from './common/paths.mjs';
import { explain, SetupError, say } from './common/terminal.mjs';
import { buildCurrent, buildStep } from './setup/build_step.mjs';
import { nativeCurrent, nativeStep } from './setup/native.mjs';
import { packagesCurrent, packagesStep } from './setup/packages.mjs';
import { streamStep } from './setup/stream.mjs';
import { tensorflowStep } from './setup/tensorflow_step.mjs';

const USAGE = 'usage: npm run setup [-- --gpu | --tensorflow DIR | --again]';

function options() {
  try {
    const { values } = parseArgs({
      options: {
        gpu: { type: 'boolean' },
        tensorflow: { type: 'string' },
        again: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
    // npm changes to the folder of the package; INIT_CWD is the folder in which the user ran the command.
    if (values.tensorflow) values.tensorflow = resolve(process.env.INIT_CWD ?? '.', values.tensorflow);
    return values;
  } catch (error) {
    throw new SetupError(`${error.message} (${USAGE})`);
  }
}

/**
 * Runs the steps for npm packages, build and addon. A lock prevents that two set-ups work in one checkout at the same
 * time.
 */
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
  const { gpu, tensorflow, again, help } = options();
  if (help) {
    console.log(USAGE);
  } else {
    await checkoutSteps();
    await tensorflowStep({ directory: tensorflow, gpu, again });
    await streamStep();
  }
} catch (error) {
  if (!(error instanceof SetupError) && !error.code) throw error; // a bug in set-up itself
  say('set-up', `failed: ${error instanceof SetupError ? error.message : explain(error)}`);
  process.exitCode = 1;
}
