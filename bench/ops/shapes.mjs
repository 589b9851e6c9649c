// The shapes on which ops are measured. Each has a name: 1024x1000:dfc4p is 1,024 tokens, dim 1000, a dynamic
// Frac-Connection with four fractions and the pre-norm. d is dynamic, s static; fc4 is four fractions, hc4 four
// streams, jc2x4 two streams of four fractions; p is the pre-norm.

const WORD = /^(\d+)x(\d+):([sd])(?:fc(\d+)|hc(\d+)|jc(\d+)x(\d+))(p?)$/;

/**
 * The default shapes. They include difficult ones: a dim that is not a multiple of a vector, m = 3, one token, a prime
 * number of tokens.
 */
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
 * The number of tokens to compare with the composition if all would take too long. Some numbers do not work: the
 * gradient of a scale is a sum over tokens, and with 257 tokens of these values the terms cancel to 1/17,000 of their
 * magnitude, so float32 keeps fewer than four digits.
 */
export const CHECKED = 269;

/** Parses the name of a shape. */
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

/** The name of a shape. */
export function nameShape({ tokens, dim, streams, fractions, dynamic, prenorm }) {
  const kind =
    streams === 1 ? `fc${fractions}` : fractions === 1 ? `hc${streams}` : `jc${streams}x${fractions}`;
  return `${tokens}x${dim}:${dynamic ? 'd' : 's'}${kind}${prenorm ? 'p' : ''}`;
}
