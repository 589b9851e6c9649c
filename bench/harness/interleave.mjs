// Contenders measured in turn, round by round, so that a slow moment meets all of them, with the reference loop in each round.
import { INTERFERENCE, interference, isNoisy, summary } from './stats.mjs';

/**
 * A round beside which the loop was disturbed is not counted, and repeated; so is one more taken while a median is uncertain.
 *
 * @param contenders [{ name, sample(): Promise<{ part: us }> }]; a sample may time several parts at once
 * @param loop the reference loop
 * @param budget seconds that a contender's rounds may take
 * @param tries so many times its rounds a contender may take where it is noisy
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

/** Warms a contender up; how many rounds its budget allows. */
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

/** The samples of the rounds that nothing disturbed; of all rounds if those are too few. */
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
