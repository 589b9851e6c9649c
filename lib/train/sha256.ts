// The fractional parts of the square roots of the first 8 primes and of the cube roots of the first 64.
const PRIMES = Array.from({ length: 312 }, (_, i) => i).filter(isPrime);
const START = Uint32Array.from(PRIMES.slice(0, 8), p => fraction(p ** (1 / 2)));
const ROUND = Uint32Array.from(PRIMES.slice(0, 64), p => fraction(p ** (1 / 3)));

function isPrime(n: number): boolean {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return n > 1;
}

/** The first 32 bits of the fraction. A double is precise enough for roots below 18. */
function fraction(x: number): number {
  return (x % 1) * 2 ** 32;
}

const rotate = (x: number, by: number) => (x >>> by) | (x << (32 - by));

/**
 * SHA-256 (FIPS 180-4) in hexadecimal. Browsers do not have Node's implementation, and they offer their own only in secure
 * contexts: not on a page that another machine serves over plain HTTP.
 */
export function sha256(bytes: Uint8Array): string {
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n);
  const state = START.slice();
  const w = new Uint32Array(64);
  for (let at = 0; at < padded.length; at += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getUint32(at + 4 * i);
    addBlock(state, w);
  }
  return Array.from(state, word => word.toString(16).padStart(8, '0')).join('');
}

function addBlock(state: Uint32Array, w: Uint32Array): void {
  for (let i = 16; i < 64; i++) {
    const [x, y] = [w[i - 15]!, w[i - 2]!];
    const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
    const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
    w[i] = w[i - 16]! + s0 + w[i - 7]! + s1;
  }
  let [a, b, c, d, e, f, g, h] = [...state] as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = h + s1 + ((e & f) ^ (~e & g)) + ROUND[i]! + w[i]!;
    const t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
  }
  for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) state[i]! += word;
}
