// The least bytes that an op must move: each input is read once and each output is written once, in float32. This
// counts the rows of a token and its coefficients if they are dynamic. Weights do not count, because their size does
// not grow with the number of tokens.

/** `s` streams of `d` values; `k` coefficients per token: `a` = n (m + n) of alpha and n of beta. */
const COUNTS = {
  width: {
    forward: ({ s, d, k }) => s * d + d + k, // h; x, coefficients
    backward: ({ s, d, k }) => s * d + d + k + s * d, // h, dX, those of coefficients; dH
  },
  depth: {
    forward: ({ s, d, k }) => s * d + d + k + s * d, // h, y, coefficients; h'
    backward: ({ s, d, k }) => s * d + d + k + s * d + s * d + d + k, // h, y, coefficients, dH'; dH, dY, dCoefficients
  },
  depth_width: {
    forward: ({ s, d, k }) => 2 * (s * d + d + k), // h, y, coefficients; h', x', coefficients'
    backward: ({ s, d, k }) => s * d + d + k + s * d + d + k + s * d + d + k, // those, dH', dX', d'; dH, dY, d
  },
  read: {
    forward: ({ s, d, a }) => s * d + a + d, // h, alpha; x
    backward: ({ s, d, a }) => s * d + a + d + s * d + a, // h, alpha, dX; dH, dAlpha
  },
  depth_read: {
    forward: ({ s, d, k, a }) => s * d + d + k + a + s * d + d, // h, y, coefficients, alpha'; h', x'
    backward: ({ s, d, k, a }) => s * d + d + k + a + s * d + d + s * d + d + k + a, // those, dH', dX'; dH, dY, d
  },
  residual: {
    forward: ({ d, p }) => 3 * d + (p ? d : 0), // h, y; h', and its norm
    backward: ({ d, p }) => (p ? 4 * d : 0), // h', dX, dH'; dH. Without the norm nothing moves
  },
};
// Width and depth connection around a layer. The gradient of the width connection also reads that of the state: one
// more row.
COUNTS.connection = {
  forward: sizes => COUNTS.width.forward(sizes) + COUNTS.depth.forward(sizes),
  backward: sizes => COUNTS.width.backward(sizes) + sizes.s * sizes.d + COUNTS.depth.backward(sizes),
};

export const OPS = ['width', 'depth', 'depth_width', 'read', 'depth_read', 'connection', 'residual'];
export const PASSES = ['forward', 'backward', 'both'];

export function countBytes(op, pass, { tokens, dim, streams, fractions, dynamic, prenorm }) {
  const n = streams * fractions;
  const a = dynamic ? n * (fractions + n) : 0;
  const sizes = { s: streams, d: dim, a, k: dynamic ? a + n : 0, p: prenorm };
  const counts = COUNTS[op];
  const floats = pass === 'both' ? counts.forward(sizes) + counts.backward(sizes) : counts[pass](sizes);
  return 4 * tokens * floats;
}
