import { checkInteger, checkNames, optionError } from '../common/check.js';

/** The norm over each segment before the projection to dynamic coefficients. */
export type Norm = 'rms' | 'layer' | 'none';

/**
 * Options of a connection. The hidden state of a token has `n = streams * fractions` segments of width
 * `c = dim / fractions`. The layer reads and writes `m = fractions` blocks of width `c`: `dim` values.
 *
 * `streams = 1` gives Frac-Connections (arXiv 2503.14125) with rate `fractions`. `fractions = 1` gives
 * Hyper-Connections (arXiv 2409.19606) with rate `streams`. With both above 1 it is the joint form.
 */
export interface ConnectionOptions {
  /** Values that the layer reads and writes per token; a multiple of `fractions`. */
  dim: number;
  /** Copies of the hidden state, 1 to 16. Default 1. */
  streams?: number;
  /** Parts that each copy is split into, 1 to 8; `streams * fractions` is at most 16. Default 1. */
  fractions?: number;
  /** Whether alpha has a part that depends on the token (Eq. 12 and 13). Default true. */
  dynamicAlpha?: boolean;
  /** Whether beta has a part that depends on the token (Eq. 11). Default true. */
  dynamicBeta?: boolean;
  /** Whether tanh is applied to the dynamic part. Default true. */
  tanh?: boolean;
  /** Whether the dynamic part is multiplied by a learned scalar. Default true. */
  scale?: boolean;
  /** Norm over each segment before the dynamic part: RMSNorm or LayerNorm with weights, or none. Default 'rms'. */
  norm?: Norm;
  /** Added to the variance in `norm`. Default 1e-5. */
  epsilon?: number;
  /** Added to the mean square in the pre-norm, the RMSNorm of x that `prenormGamma` turns on. Default 1e-5. */
  prenormEpsilon?: number;
}

/** Options of an op: those of a connection, or of segments that are no streams of fractions. */
export interface OpOptions extends ConnectionOptions {
  /**
   * Segments per token, 1 to 16: any number of segments of width `dim / fractions`, instead of `streams * fractions` of them
   * (virtual width: a hidden state wider than the layer by any ratio). Not together with `streams`. Default `streams * fractions`.
   */
  segments?: number;
}

/** {@link ConnectionOptions} with every default filled in, and the sizes computed from them. */
export interface ResolvedOptions extends Required<ConnectionOptions> {
  /** Segments per token: `segments`, or `streams * fractions`. */
  n: number;
  /** Blocks that the layer reads and writes: `fractions`. */
  m: number;
  /** Values per segment: `dim / fractions`. */
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

// Callers pass the same options object at every step, so the result of a check is cached by object. The caller may have
// changed the object since, so the values are compared too.
const cache = new WeakMap<object, { given: OpOptions; count: number; resolved: ResolvedOptions }>();

// Written out, because every call runs it and a loop over names takes several times longer.
const unchanged = (now: OpOptions, then: OpOptions) =>
  now.dim === then.dim &&
  now.streams === then.streams &&
  now.segments === then.segments &&
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
 * @param fn the public name of the caller, for error messages
 */
export function resolveOptions(fn: string, options: OpOptions): ResolvedOptions {
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

function check(fn: string, options: OpOptions): ResolvedOptions {
  checkNames(fn, options, [...OPTION_NAMES, 'segments']);
  const { segments, ...known } = options;
  const given = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
  const o = { ...DEFAULTS, ...given } as Required<ConnectionOptions>;
  checkInteger(fn, 'dim', o.dim, 1);
  checkInteger(fn, 'streams', o.streams, 1, MAX_SEGMENTS);
  checkInteger(fn, 'fractions', o.fractions, 1, MAX_FRACTIONS);
  const n = segments ?? o.streams * o.fractions;
  if (segments !== undefined) {
    checkInteger(fn, 'segments', segments, 1, MAX_SEGMENTS);
    if (options.streams !== undefined)
      throw optionError(fn, 'segments', 'must not be given together with streams', segments);
  }
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
