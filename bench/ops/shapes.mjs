// What the ops are measured on, in one word a shape: 1024x1000:dfc4p is 1,024 tokens, dim 1000, a dynamic Frac-Connection with
// four fractions and the pre-norm. s is static; fc4 four fractions; hc4 four streams; jc2x4 two streams of four fractions.

const WORD = /^(\d+)x(\d+):([sd])(?:fc(\d+)|hc(\d+)|jc(\d+)x(\d+))(p?)$/;

/** Awkward ones are part of it: a dim that is no multiple of a vector, m = 3, one token, a prime number of tokens. */
export const DEFAULT = [
  '2048x1024:dfc4p',
  '1024x1000:sfc4',
  '509x768:dfc2p',
  '499x999:dfc3',
  '1x1024:dfc4',
  '127x512:dhc4',
];

const WIRINGS = ['sfc4', 'dfc2', 'dfc4', 'dfc4p', 'dfc8', 'shc4', 'dhc2', 'dhc4', 'djc2x4p'];
const SIZES = ['1x1024', '509x1000', '2048x1024'];
const LARGE = ['8192x2048:sfc4', '8192x2048:dfc4', '8192x2048:dfc4p', '8192x2048:dhc4', '4096x4096:dfc8'];
const AWKWARD = ['8191x1023:dfc3p', '16384x768:dfc2', '262144x64:dfc4'];
const GRID = SIZES.flatMap(size => WIRINGS.map(wiring => `${size}:${wiring}`));
export const FULL = [...new Set([...DEFAULT, ...LARGE, ...AWKWARD, ...GRID])];

/**
 * Tokens that are compared with the composition where all would take too long. Not any number: a scale's gradient is one sum over
 * tokens, and with 257 of these values it came to 1/17,000 of what was added up, of which float32 knows no four digits.
 */
export const CHECKED = 269;

/** The shape that a word says. */
export function parseShape(word) {
  const [all, tokens, dim, kind, m, n, streams, fractions, p] = WORD.exec(word) ?? [];
  if (all === undefined)
    throw new Error(`a shape must be like 1024x1000:dfc4p, 512x512:shc2 or 64x512:djc2x4, got ${word}`);
  const shape = {
    tokens: Number(tokens),
    dim: Number(dim),
    streams: Number(n ?? streams ?? 1),
    fractions: Number(m ?? fractions ?? 1),
    dynamic: kind === 'd',
    prenorm: p === 'p',
  };
  for (const name of ['tokens', 'dim', 'streams', 'fractions'])
    if (shape[name] < 1) throw new Error(`a shape's ${name} must be 1 or more, got ${word}`);
  if (shape.dim % shape.fractions !== 0)
    throw new Error(`a shape's dim must be a multiple of its fractions, got ${word}`);
  return shape;
}

/** The word for a shape. */
export function nameShape({ tokens, dim, streams, fractions, dynamic, prenorm }) {
  const kind =
    streams === 1 ? `fc${fractions}` : fractions === 1 ? `hc${streams}` : `jc${streams}x${fractions}`;
  return `${tokens}x${dim}:${dynamic ? 'd' : 's'}${kind}${prenorm ? 'p' : ''}`;
}
