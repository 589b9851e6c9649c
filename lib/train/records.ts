/** What is measured of a step. Times are in seconds, memory in bytes. */
export interface StepMeasurements {
  event: 'step';
  step: number;
  /** Mean cross entropy a token, in nats. */
  loss: number;
  /** The moving average of `loss`. */
  smoothedLoss: number;
  /** What the model's loss gave: `loss`, `total` and the auxiliary ones. */
  terms: Record<string, number>;
  learningRate: number;
  /** The gradient's global norm before clipping. */
  gradientNorm: number;
  tokensPerSecond: number;
  /** Trained so far, earlier parts of a resumed run included. */
  seconds: number;
  /** What tfjs's tensors hold. */
  tensorBytes: number;
  /** The time of day, ISO 8601. */
  time: string;
}

/** A line of a run's log after a step. */
export interface StepRecord extends StepMeasurements {
  /** The process's resident memory. */
  rss: number;
}

/** A line of a run's log after an evaluation on the held-out part. */
export interface EvaluationRecord {
  event: 'evaluation';
  step: number;
  loss: number;
  seconds: number;
  time: string;
}
