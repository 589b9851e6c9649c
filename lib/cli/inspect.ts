import type { Inspection, Coefficients as ModelCoefficients } from '../models/inspect.js';
import type { Coefficients, ConnectionReport, SimilarityReport } from '../report/types.js';

/** Turns the result of a model's `inspect` into parts of the report. */
export function describeInspection(found: Inspection): {
  connections: ConnectionReport[];
  similarities: SimilarityReport[];
} {
  const names = found.sites.map(siteName);
  return {
    connections: found.connections.map(connection => ({
      name: siteName(connection.name),
      initial: split(connection.initial),
      learned: split(connection.static),
      ...(connection.tokenMean && { tokenMean: split(connection.tokenMean) }),
    })),
    similarities: found.similarities.map((values, i) => {
      const sorted = Float32Array.from(values).sort();
      const [p5, median, p95] = [0.05, 0.5, 0.95].map(share => quantile(sorted, share)) as [
        number,
        number,
        number,
      ];
      return { pair: `${names[i]} - ${names[i + 1]}`, p5, median, p95 };
    }),
  };
}

/** `layers.0.feed_forward` as `1 FFN`. */
function siteName(name: string): string {
  const match = /^layers\.(\d+)\.(.+)$/.exec(name);
  if (!match) return name;
  const kind = match[2] === 'feed_forward' ? 'FFN' : (match[2] as string);
  return `${Number(match[1]) + 1} ${kind}`;
}

/** Splits alpha `[n][m + n]` into Y `[n][m]` and A `[n][n]`. */
function split({ alpha, beta }: ModelCoefficients): Coefficients {
  const n = beta.length;
  return {
    read: alpha.map(row => row.slice(0, row.length - n)),
    mix: alpha.map(row => row.slice(row.length - n)),
    write: beta,
  };
}

/** The quantile of sorted values, with linear interpolation. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}
