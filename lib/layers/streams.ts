import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { checkInteger, checkNames, optionError } from '../common/check.js';
import * as ops from '../connections/streams.js';
import { MAX_SEGMENTS } from '../contract/options.js';
import { LAYER_NAMES, type LayerArgs } from './connection_layer.js';
import { checkInputCopy, type Inputs } from './copies.js';
import { checkMultiple, inputShape, oneTensor } from './shapes.js';

/** Arguments of {@link expandStreams} and {@link reduceStreams}. */
export interface StreamsArgs extends LayerArgs {
  /** Number of streams, 1 to 16: the `rate` of the Hyper-Connections between the two layers. */
  n: number;
}

/** Arguments of {@link reduceStreams}. */
export interface ReduceStreamsArgs extends StreamsArgs {
  /** The sum of the streams or their mean. Default 'sum'. */
  reduction?: ops.Reduction;
}

/** The base class of both layers. */
abstract class StreamsLayer extends tfl.layers.Layer {
  readonly n: number;

  constructor(
    protected readonly fn: string,
    args: StreamsArgs,
  ) {
    if (typeof args !== 'object' || args === null) throw optionError(fn, 'args', 'must be an object', args);
    checkNames(fn, args, ['n', ...LAYER_NAMES]);
    const { n, ...own } = args;
    checkInteger(fn, 'n', n, 1, MAX_SEGMENTS);
    super(own);
    this.n = n;
    this.supportsMasking = true;
  }

  override apply(inputs: Inputs, kwargs?: Record<string, unknown>) {
    checkInputCopy(this.fn, inputs);
    return super.apply(inputs, kwargs);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), n: this.n };
  }
}

/** The class behind {@link expandStreams}. */
export class ExpandStreams extends StreamsLayer {
  static readonly className = 'ExpandStreams';

  constructor(args: StreamsArgs) {
    super('expandStreams', args);
  }

  override computeOutputShape(shape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    const { sizes, width } = inputShape(this.fn, shape);
    return [...sizes.slice(0, -1), width * this.n];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => ops.expandStreams(oneTensor(this.fn, inputs), this.n));
  }
}
tf.serialization.registerClass(ExpandStreams);

/** The class behind {@link reduceStreams}. */
export class ReduceStreams extends StreamsLayer {
  static readonly className = 'ReduceStreams';

  readonly reduction: ops.Reduction;

  constructor(args: ReduceStreamsArgs) {
    const { reduction = 'sum', ...rest } = args ?? {};
    super('reduceStreams', args && (rest as StreamsArgs));
    ops.checkReduction('reduceStreams', reduction);
    this.reduction = reduction;
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...(this.reduction !== 'sum' && { reduction: this.reduction }) };
  }

  override computeOutputShape(shape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    const { sizes, width } = inputShape(this.fn, shape);
    checkMultiple(this.fn, 'n', this.n, sizes);
    return [...sizes.slice(0, -1), width / this.n];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => ops.reduceStreams(oneTensor(this.fn, inputs), this.n, this.reduction));
  }
}
tf.serialization.registerClass(ReduceStreams);

/**
 * A tf.layers layer to use before the first {@link hyperConnection}. Its output is n copies of its input, side by side.
 *
 * ```text
 * [batch, ..., d] -> [batch, ..., n * d]
 * ```
 *
 * @throws FracConnectionsError ERR_OPTION for a wrong option, ERR_SHAPE when the input's last size is unknown
 *
 * @example
 * ```ts
 * const state = expandStreams({ n: 4 }).apply(embedded);
 * ```
 */
export function expandStreams(args: StreamsArgs): ExpandStreams {
  return new ExpandStreams(args);
}

/**
 * A tf.layers layer to use after the last {@link hyperConnection}. Its output is the sum of the n streams, or their
 * mean with `reduction: 'mean'`.
 *
 * ```text
 * [batch, ..., n * d] -> [batch, ..., d]
 * ```
 *
 * @throws FracConnectionsError ERR_OPTION for a wrong option, ERR_SHAPE unless the input's last size is a multiple of n
 *
 * @example
 * ```ts
 * const out = reduceStreams({ n: 4 }).apply(state);
 * ```
 */
export function reduceStreams(args: ReduceStreamsArgs): ReduceStreams {
  return new ReduceStreams(args);
}
