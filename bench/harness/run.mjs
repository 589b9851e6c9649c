// What is common to a run of suites: the reference loop, the machine, and the verdict on each row.
import { commit, machine, today, versions } from './machine.mjs';
import { settleRatios } from './ratios.mjs';
import { referenceLoop } from './reference_loop.mjs';
import { checkRow } from './rows.mjs';
import { interference, isNoisy } from './stats.mjs';

const CALIBRATION = 100; // half a second of turns, to find how fast the loop is where nothing else runs

/** `loop` to pass to suites; `judge(suite, found, over)` makes rows of what one of them found. */
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

/** The reference loop, which knows its fastest turn so far. */
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
