/** An exponential moving average without the pull of its start: a weighted sum over the sum of the weights. */
export class MovingAverage {
  private state: { sum: number; weight: number } = { sum: 0, weight: 0 };

  /** @param decay what is left of a value's weight a step later */
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
