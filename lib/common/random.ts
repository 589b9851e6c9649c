/** The complete state of a random generator, as plain JSON. */
export interface RandomState {
  /** The four 32-bit words of xoshiro128**. */
  words: [number, number, number, number];
  /** The second normal value of a pair, if it is not used yet. */
  spare: number | null;
}

/**
 * A small seeded random generator: xoshiro128** (Blackman and Vigna, 2018), seeded by splitmix32.
 *
 * The same seed gives the same numbers on every machine and backend. The state is plain JSON, so a saved and resumed
 * run continues the same sequence. Do not use it for cryptography.
 *
 * @example
 * ```ts
 * const random = new Random(7);
 * const before = random.state();
 * const first = random.next();
 * console.assert(Random.fromState(before).next() === first);
 * ```
 */
export class Random {
  private a = 0;
  private b = 0;
  private c = 0;
  private d = 0;
  private spare: number | null = null;

  /**
   * @param seed any finite number, with fraction and sign. Whole numbers up to 2^21 all give different sequences; other numbers
   *   may give the same sequence in rare cases.
   */
  constructor(seed = 0) {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, seed === 0 ? 0 : seed);
    let s = Math.imul(view.getUint32(0), 0x9e3779b1) ^ view.getUint32(4);
    const splitmix32 = () => {
      s = (s + 0x9e3779b9) | 0;
      let z = s ^ (s >>> 16);
      z = Math.imul(z, 0x21f0aaad);
      z ^= z >>> 15;
      z = Math.imul(z, 0x735a2d97);
      return z ^ (z >>> 15);
    };
    this.a = splitmix32();
    this.b = splitmix32();
    this.c = splitmix32();
    this.d = splitmix32();
  }

  /** 32 random bits, as an unsigned integer. */
  bits(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.b, 5), 7), 9) >>> 0;
    const t = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= t;
    this.d = rotateLeft(this.d, 11);
    return result;
  }

  /** Uniform in [0, 1), with 53 random bits. */
  next(): number {
    const high = this.bits() >>> 5;
    return (high * 0x4000000 + (this.bits() >>> 6)) / 0x20000000000000;
  }

  /** Uniform integer in [0, n), n up to 2^53. */
  int(n: number): number {
    return Math.floor(this.next() * n);
  }

  /**
   * Standard normal, by the Box-Muller transform of two uniform values. Every second call returns the second value of a
   * pair.
   */
  normal(): number {
    if (this.spare !== null) {
      const value = this.spare;
      this.spare = null;
      return value;
    }
    // 1 - u is in (0, 1], so the logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    const angle = 2 * Math.PI * this.next();
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** The current state, for {@link Random.fromState}. */
  state(): RandomState {
    return { words: [this.a, this.b, this.c, this.d], spare: this.spare };
  }

  /** Makes a generator that continues from a saved state. */
  static fromState(state: RandomState): Random {
    const random = new Random();
    [random.a, random.b, random.c, random.d] = state.words;
    random.spare = state.spare;
    return random;
  }
}

function rotateLeft(x: number, k: number): number {
  return (x << k) | (x >>> (32 - k));
}
