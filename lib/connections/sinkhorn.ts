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

  // Even steps go over columns, odd ones over rows. Locals and one loop a line: this runs 40 times a token.

  #normalise(step: number): void {
    const { n, matrix, epsilon } = this;
    const divisors = this.#divisors;
    const [stride, next] = step % 2 === 0 ? [n, 1] : [1, n];
    for (let line = 0; line < n; line++) {
      const first = line * next;
      const end = first + n * stride;
      let divisor = epsilon;
      for (let at = first; at < end; at += stride) divisor += matrix[at]!;
      divisors[step * n + line] = divisor;
      const factor = 1 / divisor;
      for (let at = first; at < end; at += stride) matrix[at]! *= factor;
    }
  }

  /** With M = L / s, s = sum(L) + eps:  dL = (dM - sum(dM M)) / s. Restores L. */
  #back(step: number): void {
    const { n, matrix, gradient } = this;
    const [stride, next] = step % 2 === 0 ? [n, 1] : [1, n];
    for (let line = 0; line < n; line++) {
      const first = line * next;
      const end = first + n * stride;
      const divisor = this.#divisors[step * n + line]!;
      const factor = 1 / divisor;
      let along = 0;
      for (let at = first; at < end; at += stride) along += gradient[at]! * matrix[at]!;
      for (let at = first; at < end; at += stride) {
        gradient[at] = (gradient[at]! - along) * factor;
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
