// Common parts of a run of suites: the reference loop, the machine, and the decision which rows are noisy.
import { commit, machine, today, versions } from './machine.mjs';
import { settleRatios } from './ratios.mjs';
import { referenceLoop } from './reference_loop.mjs';
import { checkRow } from './rows.mjs';
import { interference, isNoisy } from './stats.mjs';

const CALIBRATION = 100; // turns for half a second, to find the speed of the undisturbed loop

/** Returns `loop`, to pass to suites, and `judge(suite, found, over)`, which makes rows of the results of a suite. */
export function startRun() {
  const loop = timedLoop();
  for (let i = 0; i < CALIBRATION; i++) loop.run();
  const about = { machine: machine(), commit: commit(), date: today() };
  const toRow =
    suite =>
    ({ loops, versions: more, ...row }) => {
      const beside = interference(loops, loop.best());
      const verdict = { interference: beside, noisy: isNoisy({ ...row, interference: beside }) };
      return { suite, ...row, ...verdict, ...about, versions: { ...versions(), ...more } };
    };
  return {
    loop,
    judge: (suite, found, over = {}) => settleRatios(found.map(toRow(suite)), over).map(row => checkRow(row)),
    close: loop.close,
  };
}

/** The reference loop with the time of its fastest turn so far. */
function timedLoop() {
  const inner = referenceLoop();
  let best = Number.POSITIVE_INFINITY;
  return {
    run() {
      const ms = inner.run();
      best = Math.min(best, ms);
      return ms;
    },
    best: () => best,
    close: () => inner.close(),
  };
}
