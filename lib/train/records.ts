/** The measurements of a step. Times are in seconds, memory in bytes. */
export interface StepMeasurements {
  event: 'step';
  step: number;
  /** Mean cross entropy per token, in nats. */
  loss: number;
  /** The moving average of `loss`. */
  smoothedLoss: number;
  /** The terms of the model's loss: `loss`, `total` and auxiliary ones. */
  terms: Record<string, number>;
  learningRate: number;
  /** The gradient's global norm before clipping. */
  gradientNorm: number;
  tokensPerSecond: number;
  /** Training time so far, including earlier parts of a resumed run. */
  seconds: number;
  /** Memory of all tfjs tensors. */
  tensorBytes: number;
  /** The time of day, ISO 8601. */
  time: string;
}

/** The line that a step adds to the log. */
export interface StepRecord extends StepMeasurements {
  /** Resident memory of the process. */
  rss: number;
}

/** The line that an evaluation on the held-out part adds to the log. */
export interface EvaluationRecord {
  event: 'evaluation';
  step: number;
  loss: number;
  seconds: number;
  time: string;
}
