import { scaling } from '../harness/stats.mjs';

/** One row per line: the slopes of time and memory as powers of x, and the cliffs. */
export function scalingTable(rows) {
  const lines = new Map();
  for (const row of rows) {
    const key = `${row.path} ${row.along} ${row.pass}`;
    lines.set(key, [...(lines.get(key) ?? []), row]);
  }
  return [...lines.values()]
    .filter(line => line.length > 1)
    .map(line => {
      const time = scaling(line.map(({ at, us }) => [at, us]));
      const off = ({ x, off }) => `${x}: ${off > 0 ? '+' : ''}${(100 * off).toFixed(0)} %`;
      const [{ path, along, pass }] = line;
      const memory =
        along === 'threads' ? '' : scaling(line.map(row => [row.at, row.keptBytes])).slope.toFixed(2);
      return {
        ...{ path, along, pass },
        points: line.map(({ at, us }) => `${at}: ${us.toFixed(0)}`).join(', '),
        'time ~ x^': time.slope.toFixed(2),
        'kept ~ x^': memory,
        cliffs: time.cliffs.map(off).join(', '),
        noisy: line.some(row => row.noisy) ? 'noisy' : '',
      };
    });
}
