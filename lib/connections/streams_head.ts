import * as tf from '@tensorflow/tfjs-core';
import { brand } from '../common/brand.js';
import { checkInteger, checkNames, optionError } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';
import { Random } from '../common/random.js';
import { checkTensor } from '../contract/check_tensor.js';
import { MAX_SEGMENTS } from '../contract/options.js';
import { fracRead } from '../ops/frac_read.js';
import { INITIAL_SCALE } from './initial.js';
import {
  checkEpsilon,
  logit,
  type ManifoldRule,
  type ManifoldWeights,
  manifoldCoefficients,
} from './manifold_rule.js';
import { type ConnectionJSON, checkNoise, jsonOptions } from './module_options.js';
import { assignState, type StateDict } from './state_dict.js';

/** Options of a {@link StreamsHead}. */
export interface StreamsHeadOptions {
  /** Values of a stream per token. */
  dim: number;
  /** Number n of streams, 1 to 16. */
  rate: number;
  /** Added to the weights of the streams. Default 1e-6. */
  epsilon?: number;
  /** Added to the mean square in the norm of the whole state. Default 1e-6. */
  normEpsilon?: number;
  /** Standard deviation of the noise added to every initial weight. Default 0. */
  perturb?: number;
  /** Seed of the noise. Default 0. */
  seed?: number;
}

const DEFAULTS = { epsilon: 1e-6, normEpsilon: 1e-6, perturb: 0, seed: 0 };

/**
 * A learned end of Hyper-Connections, that of DeepSeek-V4: a sum of the streams with weights that depend on the token. Use it in the place
 * of {@link reduceStreams}.
 *
 * ```text
 * u    = RMSNorm of the whole state, without a gain
 * w    = sigmoid(scale[0] fn u + base) + epsilon         n
 * out  = sum_i w[i] H[i]
 * ```
 *
 * At first it is the mean of the streams. The weights are `fn` `[n, n dim]`, `base` `[n]` and `scale` `[1]`.
 *
 * @example
 * ```ts
 * const head = new StreamsHead({ dim: 512, rate: 4 });
 * const out = head.apply(stack.apply(expandStreams(h, 4))); // [..., 2048] -> [..., 512]
 * ```
 */
export class StreamsHead {
  /** The weights, by their names in files. */
  readonly weights: Readonly<Record<'fn' | 'base' | 'scale', tf.Variable>>;
  readonly #json: Required<StreamsHeadOptions>;
  readonly #rule: ManifoldRule;
  #disposed = false;

  /** @throws FracConnectionsError ERR_OPTION when an option is wrong or unknown */
  constructor(options: StreamsHeadOptions) {
    const o = resolve(options);
    const { dim, rate: n, epsilon, normEpsilon, perturb, seed } = o;
    this.#json = o;
    this.#rule = { n, epsilon, normEpsilon, iterations: 1, form: 'softmax', writes: false, mixes: false };
    const random = new Random(seed);
    const variable = (shape: number[], value: number) =>
      tf.tidy(() => {
        const size = shape.reduce((a, b) => a * b, 1);
        const values = Float32Array.from({ length: size }, () => value + perturb * random.normal());
        return tf.variable(tf.tensor(values, shape, 'float32'));
      });
    this.weights = Object.freeze({
      fn: variable([n, n * dim], 0),
      base: variable([n], logit(1 / n, epsilon)),
      scale: variable([1], INITIAL_SCALE),
    });
  }

  /**
   * @param h `[..., rate * dim]`: the streams
   * @returns `[..., dim]`: their weighted sum
   */
  apply<R extends tf.Rank>(h: tf.Tensor<R>): tf.Tensor<R> {
    this.#checkAlive('apply');
    const { dim, rate } = this.#json;
    checkTensor('StreamsHead.apply', 'h', h, ['...', rate * dim]);
    const { alpha, beta } = manifoldCoefficients(h, this.weights as ManifoldWeights, this.#rule);
    const out = fracRead(h, alpha, { dim, streams: rate });
    tf.dispose([alpha, beta]);
    return out;
  }

  /** The variables themselves, by their names in files. */
  stateDict(): StateDict {
    this.#checkAlive('stateDict');
    return { ...this.weights };
  }

  /** Copies values from tensors, all or none. */
  loadStateDict(tensors: Record<string, tf.Tensor>): void {
    assignState('StreamsHead.loadStateDict', this.stateDict(), tensors);
  }

  /** The configuration as plain JSON, without weights. */
  toJSON(): ConnectionJSON {
    return { type: 'StreamsHead', ...this.#json };
  }

  /** Makes a new head from the result of {@link StreamsHead.toJSON}, with initial weights. */
  static fromJSON(json: ConnectionJSON): StreamsHead {
    return new StreamsHead(jsonOptions('StreamsHead', json) as unknown as StreamsHeadOptions);
  }

  /** Frees the weights. Other methods throw ERR_DISPOSED afterwards; a second call does nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    tf.dispose(Object.values(this.weights));
  }

  #checkAlive(method: string): void {
    if (!this.#disposed) return;
    throw new FracConnectionsError('ERR_DISPOSED', `StreamsHead.${method}: the module has been disposed`);
  }
}
brand(StreamsHead, 'StreamsHead');

function resolve(options: StreamsHeadOptions): Required<StreamsHeadOptions> {
  const name = 'StreamsHead';
  if (typeof options !== 'object' || options === null)
    throw optionError(name, 'options', 'must be an object', options);
  checkNames(name, options, ['dim', 'rate', ...Object.keys(DEFAULTS)]);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const o = { ...DEFAULTS, ...given } as Required<StreamsHeadOptions>;
  checkInteger(name, 'dim', o.dim, 1);
  checkInteger(name, 'rate', o.rate, 1, MAX_SEGMENTS);
  checkNoise(name, o.perturb, o.seed);
  checkEpsilon(name, 'epsilon', o.epsilon);
  checkEpsilon(name, 'normEpsilon', o.normEpsilon);
  return o;
}
