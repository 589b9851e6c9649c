import * as tf from '@tensorflow/tfjs-core';
import { brand } from '../common/brand.js';
import { checkNames, optionError } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';
import { type OpOptions, resolveOptions } from '../contract/options.js';
import { fracDepthRead } from '../ops/frac_depth_read.js';
import type { DepthWidthResult } from '../ops/frac_depth_width.js';
import { fracRead } from '../ops/frac_read.js';
import type { WidthResult } from '../ops/frac_width.js';
import { BaseConnection, type ConnectionSizes, checkAlive, free, type Mix } from './base_connection.js';
import { Connection } from './connection.js';
import { type ConnectionJSON, checkFlags, checkObject } from './module_options.js';
import type { StateDict } from './state_dict.js';

/** A rule: alpha and beta from the hidden state `[..., n * dim / fractions]`. */
export type Coefficients = (h: tf.Tensor) => Mix;

/** Options of a {@link MixedConnection}. */
export interface MixedOptions {
  /** Values that the layer reads and writes per token; a multiple of `fractions`. */
  dim: number;
  /** Copies of the hidden state, 1 to 16. Default 1. */
  streams?: number;
  /** Parts that each copy is split into, 1 to 8; `streams * fractions` is at most 16. Default 1. */
  fractions?: number;
  /**
   * Computes alpha `[..., n, m + n]` (columns Y, what the layer reads, then A, how segments mix) and beta `[..., n]` (how much of the
   * layer's output each segment takes) from the hidden state. Either may lack the sizes of the tokens: then all tokens share it.
   */
  coefficients: Coefficients;
  /** The variables that `coefficients` learns, by the names that they have in files. The module disposes of them. Default none. */
  weights?: Record<string, tf.Variable>;
  /** Whether the layer's input is `RMSNorm(x) * prenormGamma`. Default false. */
  prenorm?: boolean;
  /** Added to the mean square in the pre-norm. Default 1e-5. */
  prenormEpsilon?: number;
  /** With `false` this is the residual connection, as {@link ModuleOptions.enabled} says. Default true. */
  enabled?: boolean;
}

const NAMES = [
  'dim',
  'streams',
  'fractions',
  'coefficients',
  'weights',
  'prenorm',
  'prenormEpsilon',
  'enabled',
];
const PRENORM = 'prenorm.weight';

/**
 * A connection with a rule of your own: a function computes its coefficients, and the same kernels as for the papers' rules read,
 * mix and write ({@link fracRead}, {@link fracDepth}).
 *
 * ```text
 * x     = concat_j sum_i alpha[i,j] H[i],  j < m
 * H'[i] = beta[i] * y[block i mod m] + sum_k alpha[k, m+i] H[k]
 * ```
 *
 * Gradients reach whatever `coefficients` computes with. The tensors that it returns are the caller's: wrap calls in `tf.tidy`.
 *
 * @example
 * ```ts
 * // Two streams; the layer reads the sum of both, and each keeps to itself and takes half of the output.
 * const alpha = tf.tensor2d([1, 1, 0, 1, 0, 1], [2, 3]);
 * const beta = tf.tensor1d([0.5, 0.5]);
 * const connection = new MixedConnection({ dim: 512, streams: 2, coefficients: () => ({ alpha, beta }) });
 * const out = connection.apply(h, x => layer(x)); // h, out: [..., 1024]
 * ```
 */
export class MixedConnection extends BaseConnection {
  readonly options: ConnectionSizes;
  /** Whether this is a connection. If not, it computes the residual `h + f(h)`, or `h + f(RMSNorm(h))` with a pre-norm. */
  readonly enabled: boolean;
  /** The variables that the rule learns. */
  readonly weights: Readonly<Record<string, tf.Variable>>;
  readonly #coefficients: Coefficients;
  /** Has the gain of the pre-norm, and is the connection if this one is off. */
  protected readonly residual: Connection;

  /** @throws FracConnectionsError ERR_OPTION when an option is wrong or unknown */
  constructor(options: MixedOptions) {
    super();
    const name = this.type;
    checkObject(name, options);
    checkNames(name, options, NAMES);
    const { coefficients, weights = {}, prenorm = false, enabled = true, ...sizes } = options;
    checkFlags(name, { prenorm, enabled });
    if (typeof coefficients !== 'function')
      throw optionError(name, 'coefficients', 'must be a function', coefficients);
    checkVariables(name, weights);
    const { dim, streams, fractions, prenormEpsilon } = resolveOptions(name, sizes as OpOptions);
    this.residual = new Connection({ dim, prenorm, prenormEpsilon, enabled: false });
    this.options = enabled
      ? Object.freeze({ dim, streams, fractions, prenormEpsilon })
      : this.residual.options;
    this.enabled = enabled;
    this.weights = Object.freeze({ ...weights });
    this.#coefficients = coefficients;
  }

  get type(): string {
    return 'MixedConnection';
  }

  /** The gain of the pre-norm, if there is one. */
  get prenormGamma(): tf.Variable | undefined {
    return this.residual.weights.prenormGamma;
  }

  /** The gain of the pre-norm. */
  get staticWeights(): tf.Variable[] {
    return this.residual.staticWeights;
  }

  /** The variables that the rule learns. */
  get dynamicWeights(): tf.Variable[] {
    return this.enabled ? Object.values(this.weights) : [];
  }

  width<R extends tf.Rank>(h: tf.Tensor<R>): WidthResult<R> {
    checkAlive(this, 'width');
    if (!this.enabled) return this.residual.width(h);
    const { alpha, beta } = this.coefficients(h);
    return { x: fracRead(h, alpha, this.options, this.gain), alpha, beta };
  }

  /**
   * The coefficients of the rule, without reading.
   *
   * @param h `[..., streams * dim]`: the hidden state
   */
  coefficients(h: tf.Tensor): Mix {
    checkAlive(this, 'coefficients');
    const made = this.#coefficients(h);
    if (typeof made !== 'object' || made === null || !('alpha' in made && 'beta' in made)) {
      throw optionError(this.type, 'coefficients', 'must return { alpha, beta }', made);
    }
    return made;
  }

  /**
   * As {@link MixedConnection.depthWidth}, but the next layer reads with the alpha of this one (the delayed rule of DeepSeek-V4.1). Its
   * input then does not wait for coefficients of its own, and one op writes, mixes and reads ({@link fracDepthRead}).
   *
   * @param next connection of the next layer, with the same `dim`, `streams` and `fractions`
   */
  depthDelayed<R extends tf.Rank>(
    h: tf.Tensor<R>,
    y: tf.Tensor,
    mix: Mix,
    next: MixedConnection,
  ): DepthWidthResult<R> {
    if (!this.enabled) return this.depthWidth(h, y, mix, next);
    this.checkNext(mix, next, 'depthDelayed');
    const made = fracDepthRead(h, y, mix.alpha, mix.beta, mix.alpha, this.options, next.gain);
    return { ...made, ...next.coefficients(made.h) };
  }

  override depth<R extends tf.Rank>(h: tf.Tensor<R>, y: tf.Tensor, mix: Mix): tf.Tensor<R> {
    if (this.enabled) return super.depth(h, y, mix);
    checkAlive(this, 'depth');
    return this.residual.depth(h, y, mix);
  }

  override depthWidth<R extends tf.Rank>(
    h: tf.Tensor<R>,
    y: tf.Tensor,
    mix: Mix,
    next: BaseConnection,
  ): DepthWidthResult<R> {
    if (this.enabled) return super.depthWidth(h, y, mix, next);
    this.checkNext(mix, next);
    const off = next instanceof MixedConnection && !next.enabled ? next.residual : next;
    return this.residual.depthWidth(h, y, mix, off);
  }

  /** Frees what {@link MixedConnection.width} made: x, and not the tensors of the rule. */
  override release(at: WidthResult): void {
    if (this.enabled) free(at.x);
    else super.release(at);
  }

  stateDict(): StateDict {
    checkAlive(this, 'stateDict');
    return { ...this.residual.stateDict(), ...(this.enabled && this.weights) };
  }

  /** @throws FracConnectionsError ERR_OPTION always: JSON cannot hold a function */
  toJSON(): ConnectionJSON {
    throw new FracConnectionsError(
      'ERR_OPTION',
      `${this.type}.toJSON: JSON cannot hold a rule, which is a function; make the connection anew and load its weights`,
    );
  }

  protected variables(): tf.Variable[] {
    return [...Object.values(this.residual.weights), ...Object.values(this.weights)];
  }

  /** The weights to read with. */
  protected get gain() {
    const { prenormGamma } = this;
    return prenormGamma === undefined ? {} : { prenormGamma };
  }
}
brand(MixedConnection, 'MixedConnection');

function checkVariables(name: string, weights: Record<string, tf.Variable>): void {
  if (typeof weights !== 'object' || weights === null)
    throw optionError(name, 'weights', 'must be an object of variables', weights);
  for (const [key, weight] of Object.entries(weights)) {
    if (key === PRENORM) throw optionError(name, 'weights', `must not have the name '${PRENORM}'`, weight);
    if (!(weight instanceof tf.Variable))
      throw optionError(name, `weights.${key}`, 'must be a tf.Variable', weight);
  }
}
