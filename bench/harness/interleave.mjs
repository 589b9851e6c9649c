// Contenders measured in turn, round by round, so that a slow moment meets all of them, with the reference loop in each round.

/**
 * @param contenders [{ name, sample(): Promise<{ part: us }> }]; a sample may time several parts at once
 * @param loop the reference loop
 * @param budget seconds that one contender may take
 * @returns {Promise<Record<string, { parts: Record<string, number[]>, loops: number[] }>>} microseconds, milliseconds
 */
export async function interleave(contenders, loop, { budget, most = 15, least = 5 }) {
  const found = new Map();
  for (const contender of contenders) {
    await contender.sample(); // compiles, allocates
    const start = performance.now();
    await contender.sample();
    const seconds = (performance.now() - start) / 1e3;
    const rounds = Math.max(least, Math.min(most, Math.floor(budget / seconds)));
    found.set(contender.name, { contender, rounds, parts: {}, loops: [] });
  }
  const longest = Math.max(0, ...[...found.values()].map(each => each.rounds));
  for (let round = 0; round < longest; round++) {
    const before = loop.run();
    const met = [...found.values()].filter(each => round < each.rounds);
    for (const { contender, parts } of met) {
      for (const [part, us] of Object.entries(await contender.sample())) {
        parts[part] ??= [];
        parts[part].push(us);
      }
    }
    const after = loop.run();
    for (const { loops } of met) loops.push(before, after);
  }
  return Object.fromEntries([...found].map(([name, { parts, loops }]) => [name, { parts, loops }]));
}
