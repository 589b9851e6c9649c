/** How a matrix of logits becomes one of positive values, before its rows and columns are normalised. */
export type ManifoldForm = 'softmax' | 'exp';

/**
 * The Sinkhorn normalisation of n x n matrices, forward and backward, on plain arrays: on one matrix at a time, of which it keeps all
 * that the backward pass needs.
 *
 * ```text
 * M = softmax(z, over each row) + eps        or exp(z) + eps
 * M = M / (sums of columns + eps)            then iterations - 1 times:
 * M = M / (sums of rows + eps);  M = M / (sums of columns + eps)
 * ```
 *
 * In float64: a logit may be as large as exp takes it.
 */
export class Sinkhorn {
  /** The matrix, row by row: the logits, then the result. After `backward`, it is of no use. */
  readonly matrix: Float64Array;
  /** The gradient of the result, then that of the logits. */
  readonly gradient: Float64Array;
  /** The divisors of each normalisation. */
  readonly #divisors: Float64Array;
  readonly #steps: number;

  constructor(
    private readonly n: number,
    iterations: number,
    private readonly epsilon: number,
    private readonly form: ManifoldForm,
  ) {
    this.#steps = 2 * iterations - 1;
    this.matrix = new Float64Array(n * n);
    this.gradient = new Float64Array(n * n);
    this.#divisors = new Float64Array(this.#steps * n);
  }

  forward(): void {
    this.#start();
    for (let step = 0; step < this.#steps; step++) this.#normalise(step);
  }

  backward(): void {
    for (let step = this.#steps - 1; step >= 0; step--) this.#back(step);
    this.#backToLogits();
  }

  #start(): void {
    const { n, matrix, epsilon } = this;
    for (let i = 0; i < n; i++) {
      const row = matrix.subarray(i * n, i * n + n);
      let most = 0;
      if (this.form === 'softmax') most = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      let sum = 0;
      for (let j = 0; j < n; j++) {
        row[j] = Math.exp(row[j]! - most);
        sum += row[j]!;
      }
      const divisor = this.form === 'softmax' ? sum : 1;
      for (let j = 0; j < n; j++) row[j] = row[j]! / divisor + epsilon;
    }
  }

  /** The positions of line `line` of a step: even steps go over columns, odd ones over rows. */
  #first = (step: number, line: number) => (step % 2 === 0 ? line : line * this.n);
  #stride = (step: number) => (step % 2 === 0 ? this.n : 1);

  #normalise(step: number): void {
    const { n, matrix } = this;
    const stride = this.#stride(step);
    for (let line = 0; line < n; line++) {
      const first = this.#first(step, line);
      let divisor = this.epsilon;
      for (let k = 0; k < n; k++) divisor += matrix[first + k * stride]!;
      for (let k = 0; k < n; k++) matrix[first + k * stride]! /= divisor;
      this.#divisors[step * n + line] = divisor;
    }
  }

  /** With M = L / s, s = sum(L) + eps:  dL = (dM - sum(dM M)) / s. Restores L. */
  #back(step: number): void {
    const { n, matrix, gradient } = this;
    const stride = this.#stride(step);
    for (let line = 0; line < n; line++) {
      const first = this.#first(step, line);
      const divisor = this.#divisors[step * n + line]!;
      let along = 0;
      for (let k = 0; k < n; k++) along += gradient[first + k * stride]! * matrix[first + k * stride]!;
      for (let k = 0; k < n; k++) {
        const at = first + k * stride;
        gradient[at] = (gradient[at]! - along) / divisor;
        matrix[at]! *= divisor;
      }
    }
  }

  #backToLogits(): void {
    const { n, matrix, gradient, epsilon } = this;
    for (let i = 0; i < n; i++) {
      let along = 0;
      if (this.form === 'softmax')
        for (let j = i * n; j < i * n + n; j++) along += gradient[j]! * (matrix[j]! - epsilon);
      for (let j = i * n; j < i * n + n; j++) gradient[j] = (matrix[j]! - epsilon) * (gradient[j]! - along);
    }
  }
}
