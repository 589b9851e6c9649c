/** One point series: `x` holds steps, `y` the values at those steps. */
export interface Series {
  x: number[];
  y: number[];
}

/** A row of the report's list of settings. */
export interface Setting {
  name: string;
  value: string;
}

/**
 * The coefficients of one connection, in the paper's parts. `n` segments a token, `m` blocks a layer reads and writes.
 *
 * - `read` `[n][m]`: Y (gamma), how much of segment i goes into block j of the layer's input.
 * - `mix` `[n][n]`: A (alpha), how much of segment k is carried into segment i.
 * - `write` `[n]`: B (beta), how much of the layer's output is added to segment i.
 */
export interface Coefficients {
  read: number[][];
  mix: number[][];
  write: number[];
}

/** One connection (site) of a model: what it started from and what it learned. */
export interface ConnectionReport {
  /** Short name of the site, for example `1 attention`. */
  name: string;
  initial: Coefficients;
  /** The static weights after training. */
  learned: Coefficients;
  /** Mean over the tokens of the held-out sample, where the wiring is dynamic. */
  tokenMean?: Coefficients;
}

/** Cosine similarity of the inputs of two neighbouring sites, over tokens. */
export interface SimilarityReport {
  /** The pair, for example `1 attention - 1 FFN`. */
  pair: string;
  p5: number;
  median: number;
  p95: number;
}

/** One trained wiring. */
export interface RunReport {
  /** `residual`, `SFCx4`, `DFCx4`, ... */
  name: string;
  parameters: number;
  /** The connections' share of `parameters`. */
  connectionParameters: number;
  /** Exponential moving average of the training loss (nats a token) at the last step, over `emaSteps`. */
  finalTrainLoss: number;
  /** Loss on the held-out set at the end, in nats a token. */
  finalEvalLoss: number;
  /** Training throughput: tokens over seconds, evaluations left out. */
  tokensPerSecond: number;
  /** Peak of the tensor memory in one training step, in bytes. */
  memoryBytes: number;
  /** Training loss at each step. */
  train: Series;
  /** Held-out loss at each evaluation. */
  evals: Series;
  /** Empty for the residual wiring. */
  connections: ConnectionReport[];
  similarities: SimilarityReport[];
}

/** All that the HTML report shows. The first run is the baseline that the others are compared with. */
export interface ReportData {
  title: string;
  /** One sentence below the title. */
  summary: string;
  /** ISO 8601. */
  created: string;
  version: string;
  settings: Setting[];
  /** Steps over which the moving averages reach: the decay is `1 - 1 / emaSteps`. */
  emaSteps: number;
  runs: RunReport[];
}
