import * as tf from '@tensorflow/tfjs-core';
import { FracConnectionsError } from './errors.js';
import { initialWeights } from './initial.js';
import { fracDepth } from './ops/frac_depth.js';
import { type DepthWidthResult, fracDepthWidth } from './ops/frac_depth_width.js';
import { fracWidth, type WidthResult } from './ops/frac_width.js';
import {
  type ConnectionOptions,
  checkInteger,
  checkNames,
  MAX_FRACTIONS,
  MAX_SEGMENTS,
  OPTION_NAMES,
  optionError,
  resolveOptions,
} from './options.js';
import { assignState, type StateDict } from './state.js';
import { type ConnectionWeights, WEIGHT_NAMES, type WeightName } from './weights.js';

/** What every connection module takes. */
export interface ModuleOptions extends Omit<ConnectionOptions, 'streams' | 'fractions'> {
  /** Sets `dynamicAlpha` and `dynamicBeta` together; either given by itself goes before it. Default true. */
  dynamic?: boolean;
  /** Whether x comes out as `RMSNorm(x) * prenormGamma`, so that the layer needs no pre-norm. Default false. */
  prenorm?: boolean;
  /** Standard deviation of seeded noise on every initial weight. Default 0: the paper's initialisation. */
  perturb?: number;
  /** Seed of that noise. Default 0. */
  seed?: number;
}

/** A {@link Connection}'s options: any number of streams and fractions. */
export interface JointOptions extends ModuleOptions {
  /** Copies of the hidden state. Default 1. */
  streams?: number;
  /** Parts each copy is cut into. Default 1. */
  fractions?: number;
  /** Place of the layer in the network; stream `layerIndex mod streams` is read first. Default 0. */
  layerIndex?: number;
}

/** Coefficients of one call, as {@link Connection.width} returned them. */
export type Mix = Pick<WidthResult, 'alpha' | 'beta'>;

/** The layer around which a connection goes: `[..., dim] -> [..., dim]`. */
export type Branch<R extends tf.Rank = tf.Rank> = (x: tf.Tensor<R>) => tf.Tensor;

/** A connection's configuration as plain JSON. */
export type ConnectionJSON = { type: string } & Record<string, unknown>;

/** The names of {@link JointOptions}. */
export const MODULE_NAMES = ['dynamic', 'prenorm', 'perturb', 'seed', 'layerIndex', ...OPTION_NAMES];

/** Weight names of the paper's code (Algorithm 2), and `prenorm.weight`, which it has outside the connection. */
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
 * A connection with learned weights: what stands where a network has `x + f(x)`. Frac-Connections and Hyper-Connections in
 * one; most users want {@link FracConnection} or {@link HyperConnection}.
 *
 * @example
 * ```ts
 * const connection = new Connection({ dim: 512, streams: 2, fractions: 4 });
 * const out = connection.apply(h, x => layer(x)); // h, out: [..., 2 * 512]
 * ```
 */
export class Connection {
  /** Every option, defaults filled in. */
  readonly options: Readonly<Required<ConnectionOptions>>;
  /** The weights, as the ops take them; every one a trainable variable. */
  readonly weights: ConnectionWeights<tf.Variable>;

  protected readonly layerIndex: number;
  readonly #extra: { perturb: number; seed: number };
  #disposed = false;

  constructor(options: JointOptions) {
    const name = this.type;
    checkObject(name, options);
    checkNames(name, options, MODULE_NAMES);
    const { dynamic, prenorm = false, perturb = 0, seed = 0, layerIndex = 0, ...rest } = options;
    checkFlags(name, { dynamic, prenorm });
    checkInteger(name, 'layerIndex', layerIndex, 0);
    checkNoise(name, perturb, seed);
    const both = dynamic === undefined ? {} : { dynamicAlpha: dynamic, dynamicBeta: dynamic };
    const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
    const resolved = resolveOptions(name, { ...both, ...given } as ConnectionOptions);
    const { n: _n, m: _m, c: _c, ...own } = resolved;
    this.options = Object.freeze(own);
    this.layerIndex = layerIndex;
    this.#extra = { perturb, seed };
    const initial = initialWeights(resolved, { prenorm, layerIndex, perturb, seed });
    const variables = [...initial].map(([key, { shape, values }]) => [key, variable(shape, values)]);
    this.weights = Object.freeze(Object.fromEntries(variables)) as ConnectionWeights<tf.Variable>;
  }

  /** The class's public name, in messages and in JSON. */
  get type(): string {
    return 'Connection';
  }

  /**
   * Weights that take no weight decay: the paper decays no static weight; a norm's gain is treated alike.
   * `staticAlpha`, `staticBeta`, `prenormGamma`.
   */
  get staticWeights(): tf.Variable[] {
    return this.#present()
      .filter(([name]) => WITHOUT_DECAY.includes(name))
      .map(([, weight]) => weight);
  }

  /** Weights that take weight decay: all that make the coefficients depend on the token. */
  get dynamicWeights(): tf.Variable[] {
    return this.#present()
      .filter(([name]) => !WITHOUT_DECAY.includes(name))
      .map(([, weight]) => weight);
  }

  /**
   * Width connection: {@link fracWidth} with this module's weights.
   *
   * @param h `[..., streams * dim]`
   */
  width<R extends tf.Rank>(h: tf.Tensor<R>): WidthResult<R> {
    this.#alive('width');
    return fracWidth(h, this.weights, this.options);
  }

  /**
   * Depth connection: {@link fracDepth} with the coefficients that {@link Connection.width} returned for the same h.
   *
   * @param h `[..., streams * dim]`
   * @param y `[..., dim]`: the layer's output
   */
  depth<R extends tf.Rank>(h: tf.Tensor<R>, y: tf.Tensor, mix: Mix): tf.Tensor<R> {
    this.#alive('depth');
    checkMix(`${this.type}.depth`, mix);
    return fracDepth(h, y, mix.alpha, mix.beta, this.options);
  }

  /**
   * Depth connection of this layer and width connection of the next in one op: {@link fracDepthWidth}.
   *
   * @param next the next layer's connection; its sizes must be this one's
   */
  depthWidth<R extends tf.Rank>(
    h: tf.Tensor<R>,
    y: tf.Tensor,
    mix: Mix,
    next: Connection,
  ): DepthWidthResult<R> {
    this.#alive('depthWidth');
    checkMix(`${this.type}.depthWidth`, mix);
    if (!(next instanceof Connection)) {
      throw optionError(`${this.type}.depthWidth`, 'next', 'must be a Connection', next);
    }
    next.#alive('depthWidth');
    const { streams, dim } = this.options;
    if (next.options.streams !== streams || next.options.dim !== dim) {
      throw new FracConnectionsError(
        'ERR_SHAPE',
        `${this.type}.depthWidth: next must have streams ${streams} and dim ${dim}, ` +
          `got ${next.options.streams} and ${next.options.dim}`,
      );
    }
    return fracDepthWidth(h, y, mix.alpha, mix.beta, next.weights, next.options);
  }

  /**
   * The whole connection around a layer, where a residual network has `h + branch(norm(h))`.
   *
   * @param h `[..., streams * dim]`
   * @param branch the layer, `[..., dim] -> [..., dim]`: norm, then attention or feed-forward network
   * @returns `[..., streams * dim]`; as with `h.add(branch(h))`, what the branch makes is left to the caller's `tf.tidy`, while x
   * is freed unless the branch keeps it with `tf.keep`
   *
   * @example
   * ```ts
   * const connection = new FracConnection({ dim: 512, rate: 4 });
   * h = connection.apply(h, x => dense.apply(norm.apply(x)));
   * ```
   */
  apply<R extends tf.Rank>(h: tf.Tensor<R>, branch: Branch<R>): tf.Tensor<R> {
    if (typeof branch !== 'function')
      throw optionError(`${this.type}.apply`, 'branch', 'must be a function', branch);
    const { x, ...mix } = this.width(h);
    try {
      return this.depth(h, branch(x), mix);
    } finally {
      release(x, mix.alpha, mix.beta);
    }
  }

  /** The weights by the names of the paper's code, so that they travel to and from PyTorch. The variables themselves. */
  stateDict(): StateDict {
    this.#alive('stateDict');
    return Object.fromEntries(this.#present().map(([name, weight]) => [STATE_NAMES[name], weight]));
  }

  /**
   * Takes over the values of tensors named as in {@link Connection.stateDict}.
   *
   * @throws FracConnectionsError ERR_WEIGHTS when a name or shape is another configuration's; nothing is changed then.
   */
  loadStateDict(tensors: Record<string, tf.Tensor>): void {
    assignState(`${this.type}.loadStateDict`, this.stateDict(), tensors);
  }

  /** The configuration as plain JSON; no weights. */
  toJSON(): ConnectionJSON {
    const prenorm = this.weights.prenormGamma !== undefined;
    return { type: this.type, ...this.options, layerIndex: this.layerIndex, prenorm, ...this.#extra };
  }

  /** A new module of the configuration that {@link Connection.toJSON} wrote. */
  static fromJSON(json: ConnectionJSON): Connection {
    return new Connection(jsonOptions('Connection', json) as unknown as JointOptions);
  }

  /** Frees the weights. The module is of no use afterwards; a second call does nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const [, weight] of this.#present()) weight.dispose();
  }

  #present(): [WeightName, tf.Variable][] {
    return WEIGHT_NAMES.flatMap(name => {
      const weight = this.weights[name];
      return weight === undefined ? [] : [[name, weight] as [WeightName, tf.Variable]];
    });
  }

  #alive(method: string): void {
    if (!this.#disposed) return;
    throw new FracConnectionsError('ERR_DISPOSED', `${this.type}.${method}: the module has been disposed`);
  }
}

/**
 * Frac-Connections (arXiv 2503.14125): the hidden state is cut into `rate` fractions, and learned weights decide what the
 * layer reads of each, how they mix, and how much of the output each takes. No extra width.
 *
 * Initial weights are Eq. 15's: the network computes just what the pre-norm residual network computes.
 *
 * @example
 * ```ts
 * const connection = new FracConnection({ dim: 512, rate: 4 });
 * h = connection.apply(h, x => layer(norm(x))); // where it said h = h + layer(norm(h))
 * ```
 */
export class FracConnection extends Connection {
  /** @param options `rate` is the number of fractions, 1 to 8; it divides `dim`. */
  constructor(options: ModuleOptions & { rate: number }) {
    const { rate, ...rest } = withRate('FracConnection', options, MAX_FRACTIONS);
    refuse('FracConnection', rest, ['streams', 'fractions', 'layerIndex']);
    if (rest.dim % rate !== 0)
      throw optionError('FracConnection', 'dim', `must be a multiple of rate = ${rate}`, rest.dim);
    super({ ...rest, streams: 1, fractions: rate });
  }

  override get type(): string {
    return 'FracConnection';
  }

  override toJSON(): ConnectionJSON {
    const { streams: _s, fractions, layerIndex: _l, ...rest } = super.toJSON();
    return { ...rest, rate: fractions };
  }

  static override fromJSON(json: ConnectionJSON): FracConnection {
    return new FracConnection(
      jsonOptions('FracConnection', json) as unknown as ModuleOptions & { rate: number },
    );
  }
}

/**
 * Hyper-Connections (arXiv 2409.19606): `rate` copies of the hidden state, read, mixed and written by learned weights.
 * Start with {@link expandStreams}, end with {@link reduceStreams}.
 *
 * @example
 * ```ts
 * const connections = layers.map((_, layerIndex) => new HyperConnection({ dim: 512, rate: 4, layerIndex }));
 * let state = expandStreams(h, 4);
 * connections.forEach((connection, i) => {
 *   state = connection.apply(state, x => layers[i](x));
 * });
 * h = reduceStreams(state, 4);
 * ```
 */
export class HyperConnection extends Connection {
  /** @param options `rate` is the number of streams, 1 to 16; `layerIndex` the layer's place in the network. */
  constructor(options: ModuleOptions & { rate: number; layerIndex: number }) {
    const { rate, ...rest } = withRate('HyperConnection', options, MAX_SEGMENTS);
    refuse('HyperConnection', rest, ['streams', 'fractions']);
    checkInteger('HyperConnection', 'layerIndex', rest.layerIndex, 0);
    super({ ...rest, streams: rate, fractions: 1 });
  }

  override get type(): string {
    return 'HyperConnection';
  }

  override toJSON(): ConnectionJSON {
    const { streams, fractions: _f, ...rest } = super.toJSON();
    return { ...rest, rate: streams };
  }

  static override fromJSON(json: ConnectionJSON): HyperConnection {
    const options = jsonOptions('HyperConnection', json);
    return new HyperConnection(options as unknown as ModuleOptions & { rate: number; layerIndex: number });
  }
}

/** Frees tensors, but for those that a branch keeps. */
export function release(...tensors: tf.Tensor[]): void {
  for (const tensor of tensors) if (!tensor.kept) tensor.dispose();
}

const variable = (shape: readonly number[], values: Float32Array): tf.Variable =>
  tf.tidy(() => tf.variable(tf.tensor(values, shape as number[], 'float32')));

function withRate<T extends { rate: number }>(name: string, options: T, max: number): T {
  checkObject(name, options);
  checkInteger(name, 'rate', options.rate, 1, max);
  return options;
}

/** Throws unless a module's options are an object. */
export function checkObject(name: string, options: unknown): void {
  if (typeof options !== 'object' || options === null)
    throw optionError(name, 'options', 'must be an object', options);
}

function checkMix(fn: string, mix: Mix): void {
  if (typeof mix !== 'object' || mix === null)
    throw optionError(fn, 'mix', 'must be what width returned', mix);
}

function refuse(name: string, options: object, names: string[]): void {
  checkNames(name, options, [...MODULE_NAMES.filter(each => !names.includes(each))]);
}

function checkFlags(name: string, flags: Record<string, unknown>): void {
  for (const [flag, value] of Object.entries(flags)) {
    if (value !== undefined && typeof value !== 'boolean')
      throw optionError(name, flag, 'must be true or false', value);
  }
}

function checkNoise(name: string, perturb: unknown, seed: unknown): void {
  if (!(typeof perturb === 'number' && perturb >= 0 && Number.isFinite(perturb))) {
    throw optionError(name, 'perturb', 'must be a finite number, 0 or more', perturb);
  }
  checkSeed(name, seed);
}

/** Throws unless a seed is a finite number. */
export function checkSeed(name: string, seed: unknown): void {
  if (typeof seed !== 'number' || !Number.isFinite(seed))
    throw optionError(name, 'seed', 'must be a finite number', seed);
}

/** The options in a JSON of this type. */
export function jsonOptions(type: string, json: ConnectionJSON): Record<string, unknown> {
  if (typeof json !== 'object' || json === null || json.type !== type) {
    const got = typeof json === 'object' && json !== null ? json.type : json;
    throw optionError(`${type}.fromJSON`, 'type', `must be '${type}'`, got);
  }
  const { type: _type, ...options } = json;
  return options;
}
