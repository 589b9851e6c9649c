// Measures contenders in turn, round by round, so that a disturbance affects all of them. Each round also runs the
// reference loop.
import { INTERFERENCE, interference, isNoisy, summary } from './stats.mjs';

/**
 * If the reference loop was disturbed in a round, the round does not count and is repeated. While a median is
 * uncertain, further rounds are run.
 *
 * @param contenders [{ name, sample(): Promise<{ part: us }> }]; a sample may time several parts at once
 * @param loop the reference loop
 * @param budget seconds for the rounds of a contender
 * @param tries limit for a noisy contender, as a multiple of its planned rounds
 * @returns {Promise<Record<string, { parts: Record<string, number[]>, loops: number[] }>>} microseconds, milliseconds
 */
export async function interleave(contenders, loop, { budget, most = 15, least = 5, tries = 2 }) {
  const all = [];
  for (const contender of contenders) {
    const planned = await plan(contender, { budget, most, least });
    all.push({ ...contender, planned, rounds: [] });
  }
  const found = each => choose(each.rounds, least, loop);
  const wantsMore = each =>
    each.rounds.length < each.planned ||
    (each.rounds.length < tries * each.planned && looksNoisy(found(each), loop));
  for (let met = all; met.length > 0; met = met.filter(wantsMore)) await oneRound(met, loop);
  return Object.fromEntries(all.map(each => [each.name, found(each)]));
}

/** Runs the warm-up of a contender. Returns the number of rounds that its budget allows. */
async function plan(contender, { budget, most, least }) {
  await contender.sample(); // compiles, allocates
  const start = performance.now();
  await contender.sample();
  const seconds = (performance.now() - start) / 1e3;
  return Math.max(least, Math.min(most, Math.floor(budget / seconds)));
}

async function oneRound(met, loop) {
  const before = loop.run();
  const samples = [];
  for (const { sample } of met) samples.push(await sample());
  const loops = [before, loop.run()];
  for (const [i, { rounds }] of met.entries()) rounds.push({ sample: samples[i], loops });
}

/** The samples of the undisturbed rounds, or of all rounds if there are too few. */
function choose(rounds, least, loop) {
  const quiet = rounds.filter(({ loops }) => interference(loops, loop.best()) <= INTERFERENCE);
  const parts = {};
  const loops = [];
  for (const round of quiet.length < least ? rounds : quiet) {
    loops.push(...round.loops);
    for (const [part, us] of Object.entries(round.sample)) {
      parts[part] ??= [];
      parts[part].push(us);
    }
  }
  return { parts, loops };
}

const looksNoisy = ({ parts, loops }, loop) =>
  Object.values(parts).some(samples =>
    isNoisy({ ...summary(samples), interference: interference(loops, loop.best()) }),
  );
