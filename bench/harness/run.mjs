// What is common to a run of suites: the reference loop, the machine, and the verdict on each row.
import { commit, machine, today, versions } from './machine.mjs';
import { referenceLoop } from './reference_loop.mjs';
import { checkRow } from './rows.mjs';
import { fastest, interference, isNoisy } from './stats.mjs';

/** `loop` to pass to suites; `finish(suite, found)` makes rows of what they found, when all of it was measured. */
export function startRun() {
  const inner = referenceLoop();
  const all = [];
  const loop = {
    run() {
      const ms = inner.run();
      all.push(ms);
      return ms;
    },
  };
  for (let i = 0; i < 20; i++) loop.run(); // compiles it, and finds how fast it is
  const about = { machine: machine(), commit: commit(), date: today() };
  return {
    loop,
    finish(suite, found) {
      const best = fastest(all);
      return found.map(({ loops, versions: more, ...row }) => {
        const beside = interference(loops, best);
        const verdict = {
          interference: beside,
          noisy: isNoisy({ interference: beside, spread: row.spread }),
        };
        return checkRow({ suite, ...row, ...verdict, ...about, versions: { ...versions(), ...more } });
      });
    },
    close: () => inner.close(),
  };
}
