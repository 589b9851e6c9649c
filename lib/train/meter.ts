/** An exponential moving average with bias correction: a weighted sum divided by the sum of the weights. */
export class MovingAverage {
  private state: { sum: number; weight: number } = { sum: 0, weight: 0 };

  /** @param decay the factor by which the weight of a value shrinks with each new value */
  constructor(private readonly decay: number) {}

  add(value: number): void {
    this.state.sum = this.state.sum * this.decay + value * (1 - this.decay);
    this.state.weight = this.state.weight * this.decay + (1 - this.decay);
  }

  /** NaN before the first value. */
  get value(): number {
    return this.state.sum / this.state.weight;
  }

  save(): { sum: number; weight: number } {
    return { ...this.state };
  }

  restore(state: { sum: number; weight: number }): void {
    this.state = { ...state };
  }
}
