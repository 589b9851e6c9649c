/** A random generator's whole state: plain JSON. */
export interface RandomState {
  /** The four 32-bit words of xoshiro128**. */
  words: [number, number, number, number];
  /** The second normal draw of a pair, not yet handed out. */
  spare: number | null;
}

/**
 * A small seeded generator: xoshiro128** (Blackman and Vigna, 2018), its state filled by splitmix32.
 *
 * The same seed gives the same numbers on every machine and backend, and the state is plain JSON, so that a run that is
 * saved and resumed draws on as if it had never stopped. Not for cryptography.
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

  /** @param seed any finite number; fractions and signs count. Whole numbers up to 2^21 all give different sequences, others
   * but by a rare chance. */
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

  /** Standard normal, by Box and Muller's transform of two uniform draws; every second call uses the pair's other half. */
  normal(): number {
    if (this.spare !== null) {
      const value = this.spare;
      this.spare = null;
      return value;
    }
    // 1 - u is in (0, 1], so that the logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    const angle = 2 * Math.PI * this.next();
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** The state, to go on from later with {@link Random.fromState}. */
  state(): RandomState {
    return { words: [this.a, this.b, this.c, this.d], spare: this.spare };
  }

  /** A generator that draws on from a saved state. */
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
