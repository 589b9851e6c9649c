import * as tf from '@tensorflow/tfjs-core';
import { brand } from '../common/brand.js';
import { checkInteger, checkNames, optionError } from '../common/check.js';
import { Random } from '../common/random.js';
import { MAX_SEGMENTS, resolveOptions } from '../contract/options.js';
import type { WidthResult } from '../ops/frac_width.js';
import { free } from './base_connection.js';
import { INITIAL_SCALE } from './initial.js';
import {
  checkEpsilon,
  logit,
  logitsOf,
  type ManifoldRule,
  type ManifoldWeights,
  manifoldCoefficients,
} from './manifold_rule.js';
import { MixedConnection } from './mixed_connection.js';
import { type ConnectionJSON, checkFlags, checkNoise, jsonOptions, withRate } from './module_options.js';
import type { ManifoldForm } from './sinkhorn.js';

/** Options of a {@link ManifoldConnection}. */
export interface ManifoldOptions {
  /** Values that the layer reads and writes per token. */
  dim: number;
  /** Number n of streams, 1 to 16. */
  rate: number;
  /** Index of the layer in the network, from 0. At first the layer reads mostly the stream `layerIndex mod rate`. */
  layerIndex: number;
  /**
   * How streams mix: by a matrix whose rows and columns sum to 1 (`'sinkhorn'`), or not at all (`'identity'`). Default `'sinkhorn'`.
   */
  mixing?: 'sinkhorn' | 'identity';
  /** Number of Sinkhorn iterations, 1 to 100. Default 20. */
  iterations?: number;
  /** What becomes doubly stochastic: a softmax over each row, as in released models, or exp, as in the paper. Default `'softmax'`. */
  form?: ManifoldForm;
  /** Added to the weights of reading, to the matrix, and to the sums of its rows and columns. Default 1e-6. */
  epsilon?: number;
  /** Added to the mean square in the norm of the whole state. Default 1e-6. */
  normEpsilon?: number;
  /** Whether the layer's input is `RMSNorm(x) * prenormGamma`. Default false. */
  prenorm?: boolean;
  /** Added to the mean square in the pre-norm. Default 1e-5. */
  prenormEpsilon?: number;
  /** With `false` this is the residual connection, as {@link ModuleOptions.enabled} says. Default true. */
  enabled?: boolean;
  /** Standard deviation of the noise added to every initial weight. Default 0. */
  perturb?: number;
  /** Seed of the noise. Default 0. */
  seed?: number;
}

const DEFAULTS = {
  mixing: 'sinkhorn',
  iterations: 20,
  form: 'softmax',
  epsilon: 1e-6,
  normEpsilon: 1e-6,
  prenorm: false,
  prenormEpsilon: 1e-5,
  enabled: true,
  perturb: 0,
  seed: 0,
} as const;

/** The names of {@link ManifoldOptions}. */
export const MANIFOLD_NAMES: readonly string[] = ['dim', 'rate', 'layerIndex', ...Object.keys(DEFAULTS)];

type Resolved = Required<ManifoldOptions>;

/**
 * Manifold-Constrained Hyper-Connections (mHC, arXiv 2512.24880) in the form of released models (DeepSeek-V4, GLM-5.3). The streams mix
 * by a matrix whose rows and columns sum to 1, so that no stream grows or dies however deep the network is.
 *
 * ```text
 * u      = RMSNorm of the whole state, without a gain
 * l      = fn u                                                      pre | post | comb
 * pre    = sigmoid(scale[0] l_pre + base_pre) + epsilon              n
 * post   = 2 sigmoid(scale[1] l_post + base_post)                    n
 * comb   = Sinkhorn(scale[2] l_comb + base_comb)                     n x n
 * x      = sum_i pre[i] H[i]
 * H'[j]  = post[j] y + sum_i comb[i,j] H[i]
 * ```
 *
 * Start with {@link expandStreams} and end with `reduceStreams(h, rate, 'mean')`: with the initial weights the network then computes
 * what the pre-norm residual network computes, to about epsilon. At first the layer reads three quarters of the stream
 * `layerIndex mod rate` and shares of the others, streams hardly mix, and `fn` is 0. The weights have the names that DeepSeek-V4's
 * module has in transformers.
 *
 * The coefficients are computed in plain JavaScript from few values a token; the state itself moves through the same kernels as for
 * all connections.
 *
 * @example
 * ```ts
 * const connections = layers.map((_, layerIndex) => new ManifoldConnection({ dim: 512, rate: 4, layerIndex, prenorm: true }));
 * const stack = new ConnectionStack({ connections, branches: layers });
 * const out = reduceStreams(stack.apply(expandStreams(h, 4)), 4, 'mean');
 * ```
 */
export class ManifoldConnection extends MixedConnection {
  readonly #json: Resolved;

  /** @throws FracConnectionsError ERR_OPTION when an option is wrong or unknown */
  constructor(options: ManifoldOptions) {
    const o = resolve(options);
    const { dim, rate: streams, prenorm, prenormEpsilon, enabled } = o;
    const rule = ruleOf(o);
    const weights = enabled ? initialWeights(o, rule) : undefined;
    super({
      ...{ dim, streams, prenorm, prenormEpsilon, enabled },
      ...(weights && { weights: { ...weights } }),
      coefficients: h => manifoldCoefficients(h, weights!, rule),
    });
    this.#json = o;
  }

  override get type(): string {
    return 'ManifoldConnection';
  }

  /** `base`, `scale` and the gain of the pre-norm. */
  override get staticWeights(): tf.Variable[] {
    const { base, scale } = this.weights;
    return [...(this.enabled ? [base!, scale!] : []), ...super.staticWeights];
  }

  /** `fn`. */
  override get dynamicWeights(): tf.Variable[] {
    return this.enabled ? [this.weights.fn!] : [];
  }

  /** Frees what {@link ManifoldConnection.width} made. */
  override release(at: WidthResult): void {
    free(at.x, at.alpha, at.beta);
  }

  override toJSON(): ConnectionJSON {
    return { type: this.type, ...this.#json };
  }

  /** Makes a new module from the result of {@link ManifoldConnection.toJSON}, with initial weights. */
  static fromJSON(json: ConnectionJSON): ManifoldConnection {
    return new ManifoldConnection(jsonOptions('ManifoldConnection', json) as unknown as ManifoldOptions);
  }
}
brand(ManifoldConnection, 'ManifoldConnection');

/** The rule that these options, all of them given, stand for. */
export const ruleOf = (
  o: Pick<Resolved, 'rate' | 'mixing' | Exclude<keyof ManifoldRule, 'n' | 'writes' | 'mixes'>>,
): ManifoldRule => ({
  ...{ n: o.rate, iterations: o.iterations, epsilon: o.epsilon, normEpsilon: o.normEpsilon, form: o.form },
  writes: true,
  mixes: o.mixing === 'sinkhorn',
});

function resolve(options: ManifoldOptions): Resolved {
  const name = 'ManifoldConnection';
  if (typeof options !== 'object' || options === null)
    throw optionError(name, 'options', 'must be an object', options);
  checkNames(name, options, MANIFOLD_NAMES);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const o = { ...DEFAULTS, ...given } as Resolved;
  withRate(name, o, MAX_SEGMENTS);
  // Checks dim and prenormEpsilon, before there are weights that an error would leave behind.
  resolveOptions(name, { dim: o.dim, streams: o.rate, prenormEpsilon: o.prenormEpsilon });
  checkInteger(name, 'layerIndex', o.layerIndex, 0);
  checkInteger(name, 'iterations', o.iterations, 1, 100);
  checkFlags(name, { prenorm: o.prenorm, enabled: o.enabled });
  checkNoise(name, o.perturb, o.seed);
  if (o.mixing !== 'sinkhorn' && o.mixing !== 'identity')
    throw optionError(name, 'mixing', "must be 'sinkhorn' or 'identity'", o.mixing);
  if (o.form !== 'softmax' && o.form !== 'exp')
    throw optionError(name, 'form', "must be 'softmax' or 'exp'", o.form);
  for (const epsilon of ['epsilon', 'normEpsilon'] as const) checkEpsilon(name, epsilon, o[epsilon]);
  return o;
}

/** Where the streams are to mix little at first, a logit off the diagonal. */
const APART = -8;

function initialWeights(o: Resolved, rule: ManifoldRule): ManifoldWeights<tf.Variable> {
  const { dim, rate: n, layerIndex, epsilon, perturb, seed } = o;
  const k = logitsOf(rule);
  const base = new Float32Array(k);
  // The weights of reading sum to 1. Most is from one stream, another one in the next layer: so streams that start as copies part.
  for (let i = 0; i < n; i++) {
    const own = i === layerIndex % n;
    base[i] = logit(n === 1 ? 1 : own ? 0.75 : 0.25 / (n - 1), epsilon);
  }
  if (rule.mixes)
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) base[2 * n + i * n + j] = i === j ? 0 : APART;
  const random = new Random(seed);
  const variable = (shape: number[], values: Float32Array) => {
    if (perturb !== 0) for (let i = 0; i < values.length; i++) values[i]! += perturb * random.normal();
    return tf.tidy(() => tf.variable(tf.tensor(values, shape, 'float32')));
  };
  return {
    fn: variable([k, n * dim], new Float32Array(k * n * dim)),
    base: variable([k], base),
    scale: variable([rule.mixes ? 3 : 2], new Float32Array(rule.mixes ? 3 : 2).fill(INITIAL_SCALE)),
  };
}
