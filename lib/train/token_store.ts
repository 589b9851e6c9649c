/** A long sequence of tokens. Parts of it can be read. */
export interface TokenStore {
  readonly length: number;
  /** Copies `out.length` tokens from `start` on. */
  read(start: number, out: Int32Array): void;
}

/** Tokens in memory, two bytes each, so all must be below 65,536. Grows as tokens are added. */
export class ArrayTokens implements TokenStore {
  length = 0;
  private array = new Uint16Array(1 << 16);

  push(tokens: ArrayLike<number>): void {
    const needed = this.length + tokens.length;
    if (needed > this.array.length) {
      const larger = new Uint16Array(Math.max(needed, Math.ceil(this.array.length * 1.5)));
      larger.set(this.array.subarray(0, this.length));
      this.array = larger;
    }
    this.array.set(tokens, this.length);
    this.length = needed;
  }

  read(start: number, out: Int32Array): void {
    out.set(this.array.subarray(start, start + out.length));
  }
}
