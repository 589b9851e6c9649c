import type * as tf from '@tensorflow/tfjs-core';
import { brand } from '../common/brand.js';
import { optionError } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';
import type { ConnectionOptions } from '../contract/options.js';
import { fracDepth } from '../ops/frac_depth.js';
import type { DepthWidthResult } from '../ops/frac_depth_width.js';
import type { WidthResult } from '../ops/frac_width.js';
import type { ConnectionJSON } from './module_options.js';
import { assignState, type StateDict } from './state_dict.js';

/** The coefficients of one call: alpha and beta of the result of {@link BaseConnection.width}. */
export type Mix = Pick<WidthResult, 'alpha' | 'beta'>;

/** The layer that a connection wraps: `[..., dim] -> [..., dim]`. */
export type Branch<R extends tf.Rank = tf.Rank> = (x: tf.Tensor<R>) => tf.Tensor;

/** The sizes of a connection, and the epsilon of its pre-norm. */
export type ConnectionSizes = Readonly<
  Pick<Required<ConnectionOptions>, 'dim' | 'streams' | 'fractions' | 'prenormEpsilon'>
>;

/**
 * What all connections share: they read the layer's input out of the hidden state with coefficients, and mix its output into the
 * state. A subclass says how the coefficients come about.
 */
export abstract class BaseConnection {
  /** The options with the defaults filled in: with `enabled: false`, those of one stream and one fraction. */
  abstract readonly options: ConnectionSizes;
  #disposed = false;

  /** Name of the class, used in error messages and in JSON. */
  abstract get type(): string;

  /**
   * Width connection: the layer's input x, and the coefficients of this call.
   *
   * @param h `[..., streams * dim]`: the hidden state
   */
  abstract width<R extends tf.Rank>(h: tf.Tensor<R>): WidthResult<R>;

  /** Weights without weight decay. */
  abstract get staticWeights(): tf.Variable[];

  /** Weights with weight decay. */
  abstract get dynamicWeights(): tf.Variable[];

  /** The variables themselves, by their names in files. */
  abstract stateDict(): StateDict;

  /** The configuration as plain JSON, without weights. */
  abstract toJSON(): ConnectionJSON;

  /**
   * Depth connection: {@link fracDepth} with the coefficients that {@link BaseConnection.width} returned for the same h.
   *
   * @param h `[..., streams * dim]`: the hidden state
   * @param y `[..., dim]`: the layer's output
   * @param mix the result of {@link BaseConnection.width}, or its alpha and beta
   * @returns `[..., streams * dim]`: the new hidden state
   */
  depth<R extends tf.Rank>(h: tf.Tensor<R>, y: tf.Tensor, mix: Mix): tf.Tensor<R> {
    checkAlive(this, 'depth');
    checkMix(`${this.type}.depth`, mix);
    return fracDepth(h, y, mix.alpha, mix.beta, this.options);
  }

  /**
   * Depth connection of this layer and width connection of the next layer, in one op where there is one: {@link fracDepthWidth}.
   *
   * @param h `[..., streams * dim]`: the hidden state that this layer read
   * @param y `[..., dim]`: this layer's output
   * @param mix the result of {@link BaseConnection.width} for this layer, or its alpha and beta
   * @param next connection of the next layer, with the same `dim`, `streams` and `fractions`
   */
  depthWidth<R extends tf.Rank>(
    h: tf.Tensor<R>,
    y: tf.Tensor,
    mix: Mix,
    next: BaseConnection,
  ): DepthWidthResult<R> {
    this.checkNext(mix, next);
    const out = this.depth(h, y, mix);
    return { h: out, ...next.width(out) };
  }

  /**
   * Runs a layer inside the connection: width connection, layer, depth connection. Replaces `h + branch(norm(h))` of a residual
   * network.
   *
   * The method frees its own intermediate tensors, x included unless the branch calls `tf.keep` on it. It does not free the
   * tensors that the branch makes; wrap the call in `tf.tidy`, as you would `h.add(branch(h))`.
   *
   * @param h `[..., streams * dim]`: the hidden state
   * @param branch the layer, `[..., dim] -> [..., dim]`: for example a norm, then attention or a feed-forward network
   * @returns `[..., streams * dim]`: the new hidden state
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
    const at = this.width(h);
    try {
      return this.depth(h, branch(at.x), at);
    } finally {
      this.release(at);
    }
  }

  /** Frees what {@link BaseConnection.width} returned, except tensors that a branch keeps with `tf.keep`. */
  release({ x, alpha, beta }: WidthResult): void {
    free(x, alpha, beta);
  }

  /**
   * Copies values from tensors that have the names of {@link BaseConnection.stateDict}.
   *
   * @throws FracConnectionsError ERR_WEIGHTS when a name, shape or type does not match; no weight changes then.
   */
  loadStateDict(tensors: Record<string, tf.Tensor>): void {
    assignState(`${this.type}.loadStateDict`, this.stateDict(), tensors);
  }

  /** Whether the weights were freed. */
  get isDisposed(): boolean {
    return this.#disposed;
  }

  /** Frees the weights. Other methods throw ERR_DISPOSED afterwards; a second call does nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const weight of this.variables()) weight.dispose();
  }

  /** All variables that this module made. */
  protected abstract variables(): tf.Variable[];

  /** Throws unless `next` can follow. */
  protected checkNext(mix: Mix, next: BaseConnection, method = 'depthWidth'): void {
    const fn = `${this.type}.${method}`;
    checkAlive(this, method);
    checkMix(fn, mix);
    if (!(next instanceof BaseConnection)) throw optionError(fn, 'next', 'must be a Connection', next);
    checkAlive(next, method);
    const sizes = ({ dim, streams, fractions }: ConnectionSizes) =>
      `dim ${dim}, streams ${streams} and fractions ${fractions}`;
    const [own, others] = [sizes(this.options), sizes(next.options)];
    if (own !== others)
      throw new FracConnectionsError('ERR_SHAPE', `${fn}: next must have ${own}, got ${others}`);
  }
}
brand(BaseConnection, 'BaseConnection');

/** Throws if the module was disposed of. A function, because `next` may be of another copy of this package. */
export function checkAlive(module: BaseConnection, method: string): void {
  if (!module.isDisposed) return;
  throw new FracConnectionsError('ERR_DISPOSED', `${module.type}.${method}: the module has been disposed`);
}

/** Frees tensors, except those that a branch keeps with `tf.keep`. */
export function free(...tensors: tf.Tensor[]): void {
  for (const tensor of tensors) if (!tensor.kept) tensor.dispose();
}

/** Throws unless these can be coefficients. */
export function checkMix(fn: string, mix: Mix): void {
  if (typeof mix !== 'object' || mix === null) throw optionError(fn, 'mix', 'must be a result of width', mix);
}
