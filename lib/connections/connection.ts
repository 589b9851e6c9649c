import * as tf from '@tensorflow/tfjs-core';
import { brand } from '../common/brand.js';
import { checkInteger, checkNames } from '../common/check.js';
import { type ConnectionOptions, resolveOptions } from '../contract/options.js';
import { type ConnectionWeights, WEIGHT_NAMES, type WeightName } from '../contract/weights.js';
import { type DepthWidthResult, fracDepthWidth } from '../ops/frac_depth_width.js';
import { fracWidth, type WidthResult } from '../ops/frac_width.js';
import { isTaped } from '../ops/state.js';
import { path } from '../paths/runtime.js';
import { BaseConnection, checkAlive, checkMix, type Mix } from './base_connection.js';
import { initialWeights } from './initial.js';
import { checkMixing, type Mixing, opWeights, releaseOpWeights } from './mixing.js';
import {
  type ConnectionJSON,
  checkFlags,
  checkNoise,
  checkObject,
  type JointOptions,
  jsonOptions,
  MODULE_NAMES,
} from './module_options.js';
import { RESIDUAL, residualDepth, residualWidth } from './residual.js';
import type { StateDict } from './state_dict.js';

/**
 * Weight names in the paper's code (Algorithm 2). `prenorm.weight` is ours: there the pre-norm is outside the
 * connection.
 */
const STATE_NAMES: Record<WeightName, string> = {
  staticAlpha: 'static_alpha',
  staticBeta: 'static_beta',
  normGamma: 'layer_norm.weight',
  normBeta: 'layer_norm.bias',
  wAlpha: 'dynamic_alpha_fn',
  wBeta: 'dynamic_beta_fn',
  scaleAlpha: 'dynamic_alpha_scale',
  scaleBeta: 'dynamic_beta_scale',
  prenormGamma: 'prenorm.weight',
};

const WITHOUT_DECAY: readonly WeightName[] = ['staticAlpha', 'staticBeta', 'prenormGamma'];

/**
 * A connection with learned weights. It replaces the residual connection `x + f(x)` around a layer. This class is the
 * joint form of Frac-Connections and Hyper-Connections; most users want {@link FracConnection} or
 * {@link HyperConnection}.
 *
 * @example
 * ```ts
 * const connection = new Connection({ dim: 512, streams: 2, fractions: 4 });
 * const out = connection.apply(h, x => layer(x)); // h, out: [..., 2 * 512]
 * ```
 */
export class Connection extends BaseConnection {
  /** The options of its ops, with the defaults filled in: with `enabled: false`, those of one stream and one fraction. */
  readonly options: Readonly<Required<ConnectionOptions>>;
  /**
   * The weights by the names that the ops give them. Each is a trainable variable; with `enabled: false`, the coefficients are not.
   * With `mixing: 'identity'`, `staticAlpha` and `wAlpha` have only the m columns Y, and the ops get the others added.
   */
  readonly weights: ConnectionWeights<tf.Variable>;
  /** Whether this is a connection. If not, it computes the residual `h + f(h)`, or `h + f(RMSNorm(h))` with a pre-norm. */
  readonly enabled: boolean;
  /** How segments mix; see {@link ModuleOptions}. */
  readonly mixing: Mixing;

  protected readonly layerIndex: number;
  readonly #json: Record<string, unknown>;

  /** @throws FracConnectionsError ERR_OPTION when an option is wrong or unknown */
  constructor(options: JointOptions) {
    super();
    const name = this.type;
    checkObject(name, options);
    checkNames(name, options, MODULE_NAMES);
    const {
      dynamic,
      prenorm = false,
      enabled = true,
      mixing = 'learned',
      layerIndex = 0,
      ...others
    } = options;
    const { perturb = 0, seed = 0, ...rest } = others;
    checkFlags(name, { dynamic, prenorm, enabled });
    checkMixing(name, mixing);
    checkInteger(name, 'layerIndex', layerIndex, 0);
    checkNoise(name, perturb, seed);
    const both = dynamic === undefined ? {} : { dynamicAlpha: dynamic, dynamicBeta: dynamic };
    const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
    const { n: _n, m: _m, c: _c, ...own } = resolveOptions(name, { ...both, ...given } as ConnectionOptions);
    this.enabled = enabled;
    this.mixing = enabled ? mixing : 'learned'; // the residual has no weights of alpha to learn
    this.options = Object.freeze(enabled ? own : { ...own, ...RESIDUAL });
    this.layerIndex = layerIndex;
    const switches = { ...(!enabled && { enabled }), ...(mixing !== 'learned' && { mixing }) };
    this.#json = { ...own, layerIndex, prenorm, perturb, seed, ...switches };
    // The coefficients of a residual connection stay 1, so they get no noise.
    const noise = enabled ? perturb : 0;
    const initial = initialWeights(resolveOptions(name, this.options), {
      prenorm,
      layerIndex,
      perturb: noise,
      seed,
      mixing: this.mixing,
    });
    const variables = [...initial].map(([key, { shape, values }]) => {
      const learned = enabled || key === 'prenormGamma';
      return [key, variable(shape, values, learned)];
    });
    this.weights = Object.freeze(Object.fromEntries(variables)) as ConnectionWeights<tf.Variable>;
  }

  /** Name of the class, used in error messages and in JSON. */
  get type(): string {
    return 'Connection';
  }

  /**
   * Weights without weight decay: `staticAlpha`, `staticBeta` and `prenormGamma`. The paper does not decay static weights; the
   * gain of the pre-norm is treated the same way.
   */
  get staticWeights(): tf.Variable[] {
    return this.#present()
      .filter(([name]) => WITHOUT_DECAY.includes(name))
      .map(([, weight]) => weight);
  }

  /** Weights with weight decay: those of the dynamic part, on which the coefficients of each token depend. */
  get dynamicWeights(): tf.Variable[] {
    return this.#present()
      .filter(([name]) => !WITHOUT_DECAY.includes(name))
      .map(([, weight]) => weight);
  }

  /**
   * Width connection: {@link fracWidth} with the weights of this module.
   *
   * @param h `[..., streams * dim]`: the hidden state
   */
  width<R extends tf.Rank>(h: tf.Tensor<R>): WidthResult<R> {
    checkAlive(this, 'width');
    if (!this.enabled) return residualWidth(h, this.weights, this.options);
    return this.withOpWeights(weights => fracWidth(h, weights, this.options));
  }

  override depth<R extends tf.Rank>(h: tf.Tensor<R>, y: tf.Tensor, mix: Mix): tf.Tensor<R> {
    if (this.enabled) return super.depth(h, y, mix);
    checkAlive(this, 'depth');
    checkMix(`${this.type}.depth`, mix);
    return residualDepth(h, y, mix, this.options);
  }

  override depthWidth<R extends tf.Rank>(
    h: tf.Tensor<R>,
    y: tf.Tensor,
    mix: Mix,
    next: BaseConnection,
  ): DepthWidthResult<R> {
    if (!(next instanceof Connection)) return super.depthWidth(h, y, mix, next);
    this.checkNext(mix, next);
    // Two ops move less than the fused one and its gradient: the gradient of an addition moves nothing.
    if (!this.enabled && (isTaped() || path() === 'fallback')) {
      const out = residualDepth(h, y, mix, this.options);
      return { h: out, ...next.width(out) };
    }
    const { alpha, beta } = mix;
    return next.withOpWeights(weights => fracDepthWidth(h, y, alpha, beta, weights, next.options));
  }

  /**
   * The variables themselves, by their names in the paper's code, so that PyTorch programs can exchange weights with
   * this one.
   */
  stateDict(): StateDict {
    checkAlive(this, 'stateDict');
    return Object.fromEntries(this.#present().map(([name, weight]) => [STATE_NAMES[name], weight]));
  }

  /** The configuration as plain JSON, without weights. */
  toJSON(): ConnectionJSON {
    return { type: this.type, ...this.#json };
  }

  /** Makes a new module from the result of {@link Connection.toJSON}, with initial weights. */
  static fromJSON(json: ConnectionJSON): Connection {
    return new Connection(jsonOptions('Connection', json) as unknown as JointOptions);
  }

  protected variables(): tf.Variable[] {
    return Object.values(this.weights);
  }

  // Not a private method: `next` may be of another copy of this package.
  protected withOpWeights<T>(run: (weights: ConnectionWeights) => T): T {
    const { n } = resolveOptions(this.type, this.options);
    const made = opWeights(this.weights, this.mixing, n);
    try {
      return run(made);
    } finally {
      releaseOpWeights(made, this.weights);
    }
  }

  /** The weights that are learned. */
  #present(): [WeightName, tf.Variable][] {
    return WEIGHT_NAMES.flatMap(name => {
      const weight = this.weights[name];
      const learned = this.enabled || name === 'prenormGamma';
      return weight === undefined || !learned ? [] : [[name, weight] as [WeightName, tf.Variable]];
    });
  }
}
brand(Connection, 'Connection');

const variable = (shape: readonly number[], values: Float32Array, learned: boolean): tf.Variable =>
  tf.tidy(() => tf.variable(tf.tensor(values, shape as number[], 'float32'), learned));
