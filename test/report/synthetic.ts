import { Random } from '../../lib/common/random.js';
import type { Coefficients, ConnectionReport, ReportData, RunReport } from '../../lib/report/types.js';

/** A report as `compare` would write it, with made-up values that have the right shape. */
export function syntheticReport({ steps = 400, layers = 4, rate = 4 } = {}): ReportData {
  const random = new Random(3);
  const noise = Array.from({ length: steps }, () => random.normal() * 0.06);
  const run = (name: string, gain: number, dynamic: boolean | undefined): RunReport => {
    const x = noise.map((_, i) => i + 1);
    const y = x.map(
      (s, i) =>
        1.5 +
        4 * Math.exp(-s / 40) +
        0.6 * Math.exp(-s / 300) -
        gain * (s / steps) +
        (noise[i] as number) +
        random.normal() * 0.004,
    );
    const evals = x.filter(s => s % 50 === 0);
    return {
      name,
      parameters: 1_234_567 + (dynamic === undefined ? 0 : 4321),
      connectionParameters: dynamic === undefined ? 0 : dynamic ? 4321 : 288,
      finalTrainLoss: y.slice(-20).reduce((a, b) => a + b, 0) / 20,
      finalEvalLoss: (y.at(-1) as number) + 0.05,
      tokensPerSecond: 9876.5 - gain * 20000,
      memoryBytes: 345_678_901,
      train: { x, y },
      evals: { x: evals, y: evals.map(s => (y[s - 1] as number) + 0.05 - (noise[s - 1] as number)) },
      connections:
        dynamic === undefined ? [] : sites(layers).map(site => connection(site, rate, dynamic, random)),
      similarities: sites(layers)
        .slice(1)
        .map((site, i) => {
          const median = 0.97 - 0.4 * Math.exp(-i / 3) - gain * 3 + random.normal() * 0.01;
          return {
            pair: `${sites(layers)[i]} - ${site}`,
            p5: median - 0.12,
            median,
            p95: Math.min(0.999, median + 0.06),
          };
        }),
    };
  };
  return {
    title: 'Residual, SFCx4 and DFCx4 on moby-dick.txt',
    summary:
      'Three wirings of one 1.2 million parameter language model, 400 steps each on the same text & <order>.',
    created: '2026-01-02T03:04:05.000Z',
    version: '0.0.0-test',
    emaSteps: 40,
    settings: [
      { name: 'data', value: '</script><script>throw new Error("not escaped")</script>' },
      ...['backend', 'layers', 'width', 'heads', 'context', 'batch', 'steps', 'learning rate', 'seed'].map(
        name => ({ name, value: '128' }),
      ),
    ],
    runs: [run('residual', 0, undefined), run('SFCx4', 0.02, false), run('DFCx4', 0.035, true)],
  };
}

function sites(layers: number): string[] {
  return Array.from({ length: layers }, (_, i) => [`${i + 1} attention`, `${i + 1} FFN`]).flat();
}

function connection(name: string, n: number, dynamic: boolean, random: Random): ConnectionReport {
  const matrix = (f: (i: number, j: number) => number) =>
    Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => f(i, j)));
  const eye = (i: number, j: number) => (i === j ? 1 : 0);
  const around = (spread: number): Coefficients => ({
    read: matrix((i, j) => eye(i, j) + spread * random.normal()),
    mix: matrix((i, j) => eye(i, j) + spread * random.normal()),
    write: Array.from({ length: n }, () => 1 + spread * random.normal()),
  });
  return { name, initial: around(0), learned: around(0.1), ...(dynamic ? { tokenMean: around(0.12) } : {}) };
}
