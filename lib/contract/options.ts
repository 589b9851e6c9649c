import { checkInteger, checkNames, optionError } from '../common/check.js';

/** The norm of a segment before the dynamic coefficients are read off it. */
export type Norm = 'rms' | 'layer' | 'none';

/**
 * What a connection is. A token's state has `n = streams * fractions` segments of width `c = dim / fractions`;
 * the layer reads and writes `m = fractions` blocks of width `c`, so `dim` values.
 *
 * `streams = 1` is Frac-Connections (arXiv 2503.14125) with rate `fractions`; `fractions = 1` is Hyper-Connections
 * (arXiv 2409.19606) with rate `streams`; both above 1 is the joint form.
 */
export interface ConnectionOptions {
  /** Values the layer reads and writes a token; a multiple of `fractions`. */
  dim: number;
  /** Copies of the hidden state, 1 to 16. Default 1. */
  streams?: number;
  /** Parts each copy is cut into, 1 to 8; `streams * fractions` is at most 16. Default 1. */
  fractions?: number;
  /** Whether alpha has a part that depends on the token (Eq. 12 and 13). Default true. */
  dynamicAlpha?: boolean;
  /** Whether beta has a part that depends on the token (Eq. 11). Default true. */
  dynamicBeta?: boolean;
  /** Whether the dynamic part goes through tanh. Default true. */
  tanh?: boolean;
  /** Whether the dynamic part is multiplied by a learned scalar. Default true. */
  scale?: boolean;
  /** Norm over each segment: RMSNorm or LayerNorm with weights, or none. Default 'rms'. */
  norm?: Norm;
  /** Added to the variance in `norm`. Default 1e-5. */
  epsilon?: number;
  /** Added to the mean square in the RMSNorm that makes x the layer's normalised input. Default 1e-5. */
  prenormEpsilon?: number;
}

/** {@link ConnectionOptions} with every default filled in, and the sizes that follow from them. */
export interface ResolvedOptions extends Required<ConnectionOptions> {
  /** Segments a token: `streams * fractions`. */
  n: number;
  /** Blocks the layer reads and writes: `fractions`. */
  m: number;
  /** Values a segment: `dim / fractions`. */
  c: number;
}

export const MAX_FRACTIONS = 8;
export const MAX_SEGMENTS = 16;

const DEFAULTS = {
  streams: 1,
  fractions: 1,
  dynamicAlpha: true,
  dynamicBeta: true,
  tanh: true,
  scale: true,
  norm: 'rms' as Norm,
  epsilon: 1e-5,
  prenormEpsilon: 1e-5,
};

const NORMS: readonly unknown[] = ['rms', 'layer', 'none'];

/** The names of {@link ConnectionOptions}. */
export const OPTION_NAMES: readonly string[] = ['dim', ...Object.keys(DEFAULTS)];

// Ops are called with the same options object step after step; what was checked once need not be checked again. A
// caller who changes the object afterwards would be served stale sizes, so the values are compared as well.
const cache = new WeakMap<object, { given: ConnectionOptions; count: number; resolved: ResolvedOptions }>();

// Written out, because it is part of every call: a loop over names takes several times longer.
const unchanged = (now: ConnectionOptions, then: ConnectionOptions) =>
  now.dim === then.dim &&
  now.streams === then.streams &&
  now.fractions === then.fractions &&
  now.dynamicAlpha === then.dynamicAlpha &&
  now.dynamicBeta === then.dynamicBeta &&
  now.tanh === then.tanh &&
  now.scale === then.scale &&
  now.norm === then.norm &&
  now.epsilon === then.epsilon &&
  now.prenormEpsilon === then.prenormEpsilon;

/**
 * Checks options and fills in the defaults.
 *
 * @param fn the caller's public name, for messages
 */
export function resolveOptions(fn: string, options: ConnectionOptions): ResolvedOptions {
  if (typeof options !== 'object' || options === null) {
    throw optionError(fn, 'options', 'must be an object', options);
  }
  const count = Object.keys(options).length;
  const cached = cache.get(options);
  if (cached?.count === count && unchanged(options, cached.given)) return cached.resolved;
  const resolved = check(fn, options);
  cache.set(options, { given: { ...options }, count, resolved });
  return resolved;
}

function check(fn: string, options: ConnectionOptions): ResolvedOptions {
  checkNames(fn, options, OPTION_NAMES);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const o = { ...DEFAULTS, ...given } as Required<ConnectionOptions>;
  checkInteger(fn, 'dim', o.dim, 1);
  checkInteger(fn, 'streams', o.streams, 1, MAX_SEGMENTS);
  checkInteger(fn, 'fractions', o.fractions, 1, MAX_FRACTIONS);
  const n = o.streams * o.fractions;
  if (n > MAX_SEGMENTS) throw optionError(fn, 'streams * fractions', `must be at most ${MAX_SEGMENTS}`, n);
  if (o.dim % o.fractions !== 0) {
    throw optionError(fn, 'dim', `must be a multiple of fractions = ${o.fractions}`, o.dim);
  }
  for (const name of ['dynamicAlpha', 'dynamicBeta', 'tanh', 'scale'] as const) {
    if (typeof o[name] !== 'boolean') throw optionError(fn, name, 'must be true or false', o[name]);
  }
  if (!NORMS.includes(o.norm)) throw optionError(fn, 'norm', "must be 'rms', 'layer' or 'none'", o.norm);
  for (const name of ['epsilon', 'prenormEpsilon'] as const) {
    if (!(typeof o[name] === 'number' && o[name] >= 0 && Number.isFinite(o[name]))) {
      throw optionError(fn, name, 'must be a finite number, 0 or more', o[name]);
    }
  }
  return Object.freeze({ ...o, n, m: o.fractions, c: o.dim / o.fractions });
}
