/** A series of points: `x` holds steps, `y` the values at those steps. */
export interface Series {
  x: number[];
  y: number[];
}

/** A row in the list of settings. */
export interface Setting {
  name: string;
  value: string;
}

/**
 * The coefficients of one connection, in the parts of the paper. A token has `n` segments; a layer reads and writes `m` blocks.
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

/** The coefficients of one connection (site) of a model, before and after training. */
export interface ConnectionReport {
  /** Short name of the site, for example `1 attention`. */
  name: string;
  initial: Coefficients;
  /** The static weights after training. */
  learned: Coefficients;
  /** Mean over the tokens of the held-out sample, if the wiring is dynamic. */
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
  /** How many of them belong to the connections. */
  connectionParameters: number;
  /** Exponential moving average of the training loss (nats per token) at the last step, over `emaSteps`. */
  finalTrainLoss: number;
  /** Loss on the held-out set at the end, in nats per token. */
  finalEvalLoss: number;
  /** Training throughput, without evaluations. */
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

/** Everything that the HTML report shows. */
export interface ReportData {
  title: string;
  /** One sentence below the title. */
  summary: string;
  /** ISO 8601. */
  created: string;
  version: string;
  settings: Setting[];
  /** Steps of the moving averages: the decay is `1 - 1 / emaSteps`. */
  emaSteps: number;
  runs: RunReport[];
}
