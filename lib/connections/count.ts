import { checkInteger, checkNames, optionError } from '../common/check.js';
import {
  type ConnectionOptions,
  OPTION_NAMES,
  type ResolvedOptions,
  resolveOptions,
} from '../contract/options.js';
import type { WeightName } from '../contract/weights.js';
import { type ManifoldCountOptions, manifoldFlops, manifoldParameters } from './count_manifold.js';
import { checkMixing, learnedShapes, type Mixing } from './mixing.js';

/**
 * Options of {@link countParameters} and {@link countFlops}: those of a connection, and the number of such connections.
 */
export interface CountOptions extends ConnectionOptions {
  /** Whether the connection also applies the layer's pre-norm, an RMSNorm of width `dim`. Default false. */
  prenorm?: boolean;
  /** How segments mix; `'identity'` has no weights of A and no work for it. Default `'learned'`. */
  mixing?: Mixing;
  /** Number of such connections; a transformer has two per layer. Default 1. */
  sites?: number;
}

/** Number of parameters in each part of a connection. */
export interface ParameterCount {
  /** `staticAlpha` and `staticBeta`. */
  static: number;
  /** `wAlpha`, `wBeta` and their scalars. */
  dynamic: number;
  /** Gain and bias of the norm before the dynamic part. */
  norm: number;
  /** Gain of the layer's pre-norm. */
  prenorm: number;
  total: number;
}

/** Multiply-adds per token in each part of a connection. */
export interface FlopCount {
  /** Norm over each segment before the dynamic part. */
  norm: number;
  /** `norm(H) @ wAlpha` and `norm(H) @ wBeta`. */
  projections: number;
  /** `Y^T H`: what the layer reads. */
  read: number;
  /** `A^T H`: how the segments mix. */
  mix: number;
  /** `B . T(y)`: how much of the layer's output each segment takes. */
  write: number;
  /** The layer's pre-norm. */
  prenorm: number;
  total: number;
}

const PARTS: Record<WeightName, keyof ParameterCount> = {
  staticAlpha: 'static',
  staticBeta: 'static',
  normGamma: 'norm',
  normBeta: 'norm',
  wAlpha: 'dynamic',
  wBeta: 'dynamic',
  scaleAlpha: 'dynamic',
  scaleBeta: 'dynamic',
  prenormGamma: 'prenorm',
};

/**
 * Counts the parameters of a connection from its options; allocates nothing. n, m and c are those of
 * {@link ConnectionOptions}.
 *
 * ```text
 * static    n (m + n) + n
 * dynamic   static + norm + c (m + n + 1) + 2        norm: c for 'rms', 2 c for 'layer'
 * ```
 *
 * With `mixing: 'identity'`, m stands in the place of m + n. Manifold-Constrained Hyper-Connections (`rule: 'manifold'`) have
 * (2 + n) n static values and (2 + n) n n d + 3 others; without mixing 2 n in the place of (2 + n) n, and 2 of 3.
 *
 * With `streams = 1` this gives m (2m + 1) and |norm| + (d/m)(2m + 1) + m (2m + 1) + 2, the formulas of arXiv 2503.14125. With
 * `fractions = 1` it gives |norm| + d (n + 2) + n (n + 2) + 2, the formula of arXiv 2409.19606.
 *
 * @throws FracConnectionsError ERR_OPTION when an option is wrong
 *
 * @example
 * ```ts
 * countParameters({ dim: 2048, fractions: 4, sites: 32 }).total; // 165056: DFCx4 in OLMo-1B
 * ```
 */
export function countParameters(options: CountOptions | ManifoldCountOptions): ParameterCount {
  if (isManifold(options)) return withTotal(manifoldParameters('countParameters', options));
  const { o, prenorm, mixing, sites } = resolveCount('countParameters', options);
  const count = { static: 0, dynamic: 0, norm: 0, prenorm: 0 };
  for (const [name, shape] of Object.entries(learnedShapes(o, prenorm, mixing))) {
    const part = PARTS[name as WeightName] as keyof typeof count;
    count[part] += sites * shape.reduce((product, size) => product * size, 1);
  }
  return withTotal(count);
}

/**
 * Counts the multiply-adds of a connection for one token in the forward pass. n, m and c are those of
 * {@link ConnectionOptions}; h has n c values.
 *
 * ```text
 * norm          2 n c            'layer': 3 n c; 'none' or nothing dynamic: 0
 * projections   n c (m + n)      with dynamicAlpha; n c m with mixing 'identity'
 *             + n c              with dynamicBeta
 * read          n c m
 * mix           n c n            0 with mixing 'identity'
 * write         n c
 * prenorm       2 dim            with prenorm
 * ```
 *
 * A multiplication and the addition of its result count as one; so does a multiplication or an addition alone. An RMSNorm
 * counts the sum of squares and the gain; the division by the root is applied to the few results of the projection. A LayerNorm
 * also counts the sum, and its bias counts with the gain. Work that does not grow with `dim` (tanh, scalars, static weights) is
 * not counted.
 *
 * With this rule DFCx4 in OLMo-1B has 20 multiply-adds per value of h, or 1,310,720 per token. Table 2 of arXiv 2503.14125
 * has 0.0013 G.
 *
 * @throws FracConnectionsError ERR_OPTION when an option is wrong
 *
 * @example
 * ```ts
 * countFlops({ dim: 2048, fractions: 4, sites: 32 }).total; // 1310720
 * ```
 */
export function countFlops(options: CountOptions | ManifoldCountOptions): FlopCount {
  if (isManifold(options)) return withTotal(manifoldFlops('countFlops', options));
  const { o, prenorm, mixing, sites } = resolveCount('countFlops', options);
  const { n, m, c, dim, dynamicAlpha, dynamicBeta } = o;
  const values = sites * n * c;
  const mixed = mixing === 'learned' ? n : 0; // columns A
  return withTotal({
    norm: values * normCost(o),
    projections: values * ((dynamicAlpha ? m + mixed : 0) + (dynamicBeta ? 1 : 0)),
    read: values * m,
    mix: values * mixed,
    write: values,
    prenorm: prenorm ? sites * 2 * dim : 0,
  });
}

const isManifold = (options: CountOptions | ManifoldCountOptions): options is ManifoldCountOptions =>
  typeof options === 'object' && options !== null && 'rule' in options;

function normCost({ dynamicAlpha, dynamicBeta, norm }: ResolvedOptions): number {
  if ((!dynamicAlpha && !dynamicBeta) || norm === 'none') return 0;
  return norm === 'rms' ? 2 : 3;
}

function resolveCount(fn: string, options: CountOptions) {
  if (typeof options !== 'object' || options === null) {
    throw optionError(fn, 'options', 'must be an object', options);
  }
  checkNames(fn, options, [...OPTION_NAMES, 'mixing', 'prenorm', 'sites']);
  const { prenorm = false, mixing = 'learned', sites = 1, ...own } = options;
  if (typeof prenorm !== 'boolean') throw optionError(fn, 'prenorm', 'must be true or false', prenorm);
  checkMixing(fn, mixing);
  checkInteger(fn, 'sites', sites, 0);
  return { o: resolveOptions(fn, own), prenorm, mixing, sites };
}

function withTotal<T extends Record<string, number>>(parts: T): T & { total: number } {
  return { ...parts, total: Object.values(parts).reduce((sum, part) => sum + part, 0) };
}
