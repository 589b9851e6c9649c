import type * as tf from '@tensorflow/tfjs-core';
import { brand } from '../common/brand.js';
import { checkInteger, checkNames, optionError } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';
import type { DepthWidthResult } from '../ops/frac_depth_width.js';
import { BaseConnection, type Branch, free, type Mix } from './base_connection.js';
import { Connection } from './connection.js';
import { FracConnection } from './frac_connection.js';
import { MixedConnection } from './mixed_connection.js';
import {
  type ConnectionJSON,
  checkFlags,
  checkObject,
  checkSeed,
  type JointOptions,
  jsonOptions,
  MODULE_NAMES,
  type ModuleOptions,
} from './module_options.js';
import { assignState, type StateDict } from './state_dict.js';

/** Options of a {@link ConnectionStack}. */
export interface StackOptions<R extends tf.Rank = tf.Rank> extends ModuleOptions {
  /** Number of fractions, for Frac-Connections. Give either this or `streams` and `fractions`. */
  rate?: number;
  /** Copies of the hidden state. Default 1. */
  streams?: number;
  /** Parts that each copy is split into. Default 1. */
  fractions?: number;
  /** The layers in order, or their number. */
  branches: number | readonly Branch<R>[];
}

/** A {@link ConnectionStack} of connections that already exist, of any rule. */
export interface StackOf<C extends BaseConnection, R extends tf.Rank = tf.Rank> {
  /** One connection per branch, in order, all with the same `dim`, `streams` and `fractions`. The stack disposes of them. */
  connections: readonly C[];
  /** The layers in order. Without them, pass them to {@link ConnectionStack.apply}. */
  branches?: readonly Branch<R>[];
  /**
   * Whether each layer but the first reads with the alpha of the layer before it; see {@link MixedConnection.depthDelayed}. Only for
   * connections of which all are {@link MixedConnection}s, {@link ManifoldConnection}s included. Default false.
   */
  delayed?: boolean;
}

const STACK_NAMES = ['branches', 'rate', ...MODULE_NAMES.filter(name => name !== 'layerIndex')];

/**
 * A chain of layers, each inside a connection of its own. The result is that of the connections one after another, but
 * the depth connection of one layer and the width connection of the next run as one op ({@link fracDepthWidth}).
 *
 * @example
 * ```ts
 * const stack = new ConnectionStack({ dim: 512, rate: 4, branches: [attention, ffn], prenorm: true });
 * const out = stack.apply(h); // [..., 512] -> [..., 512]
 * ```
 */
export class ConnectionStack<C extends BaseConnection = Connection> {
  /** One connection per branch, in order. */
  readonly connections: readonly C[];
  readonly #branches: readonly Branch[] | undefined;
  readonly #json: ConnectionJSON | undefined;
  readonly #delayed: boolean = false;

  /** @throws FracConnectionsError when an option is wrong */
  constructor(options: StackOptions | StackOf<C>) {
    checkObject('ConnectionStack', options);
    if ('connections' in options) {
      const { connections, branches, delayed = false } = checkGiven(options);
      this.connections = [...connections];
      this.#delayed = delayed;
      this.#branches = branches && [...branches];
      return;
    }
    checkNames('ConnectionStack', options, STACK_NAMES);
    const { branches, rate, ...rest } = options;
    const count = Array.isArray(branches) ? branches.length : branches;
    checkInteger('ConnectionStack', 'branches', count, 1);
    if (Array.isArray(branches)) checkFunctions('ConnectionStack', branches);
    if (rate !== undefined && (rest.streams !== undefined || rest.fractions !== undefined)) {
      throw optionError(
        'ConnectionStack',
        'rate',
        'must not be given together with streams or fractions',
        rate,
      );
    }
    const { seed = 0 } = rest;
    checkSeed('ConnectionStack', seed);
    const made: Connection[] = Array.from({ length: count as number }, (_, layerIndex) => {
      // Each connection has its own seed, so that no two get the same noise.
      const own = { ...rest, seed: seed + layerIndex };
      return rate === undefined
        ? new Connection({ ...own, layerIndex } as JointOptions)
        : new FracConnection({ ...own, rate });
    });
    this.connections = made as BaseConnection[] as C[];
    this.#branches = typeof branches === 'number' ? undefined : [...branches];
    this.#json = { type: 'ConnectionStack', ...(rate !== undefined && { rate }), ...rest, branches: count };
  }

  /**
   * Runs the layers in order, each inside its connection. The method does not free the tensors that the layers make; wrap the
   * call in `tf.tidy`.
   *
   * @param h `[..., streams * dim]`: the hidden state
   * @param branches one function per connection; default: the branches given to the constructor
   * @param visit called before each layer with the layer's index and the hidden state that its connection reads
   * @returns `[..., streams * dim]`: the new hidden state
   */
  apply<R extends tf.Rank>(
    h: tf.Tensor<R>,
    branches: readonly Branch<R>[] | undefined = this.#branches as readonly Branch<R>[] | undefined,
    visit?: (index: number, h: tf.Tensor<R>) => void,
  ): tf.Tensor<R> {
    if (branches === undefined || branches.length !== this.connections.length) {
      throw new FracConnectionsError(
        'ERR_OPTION',
        `ConnectionStack.apply: branches must be ${this.connections.length} functions, got ${branches?.length ?? 'none'}`,
      );
    }
    checkFunctions('ConnectionStack.apply', branches);
    const last = this.connections.length - 1;
    let at = { h, ...this.connections[0]!.width(h) };
    let reader: BaseConnection = this.connections[0]!; // the one that read at
    const layer = (i: number) => {
      visit?.(i, at.h);
      return branches[i]!(at.x);
    };
    const release = () => {
      reader.release(at);
      if (at.h !== h) free(at.h);
    };
    try {
      for (let i = 0; i < last; i++) {
        const next = this.#step(i, at.h, layer(i), at);
        release();
        at = next;
        reader = this.connections[i + 1]!;
      }
      return this.connections[last]!.depth(at.h, layer(last), at);
    } finally {
      release();
    }
  }

  /** The end of layer i and the start of the next. */
  #step<R extends tf.Rank>(i: number, h: tf.Tensor<R>, y: tf.Tensor, mix: Mix): DepthWidthResult<R> {
    const [own, next] = [
      this.connections[i]!,
      this.connections[i + 1]!,
    ] as BaseConnection[] as MixedConnection[];
    return this.#delayed ? own!.depthDelayed(h, y, mix, next!) : own!.depthWidth(h, y, mix, next!);
  }

  /** Weights without weight decay, of all connections. */
  get staticWeights(): tf.Variable[] {
    return this.connections.flatMap(each => each.staticWeights);
  }

  /** Weights with weight decay, of all connections. */
  get dynamicWeights(): tf.Variable[] {
    return this.connections.flatMap(each => each.dynamicWeights);
  }

  /** All weights, named `<index>.<name>` with the names of {@link Connection.stateDict}. */
  stateDict(): StateDict {
    const entries = this.connections.flatMap((each, i) =>
      Object.entries(each.stateDict()).map(([name, weight]) => [`${i}.${name}`, weight] as const),
    );
    return Object.fromEntries(entries);
  }

  /** Copies values from tensors, all or none. See {@link Connection.loadStateDict}. */
  loadStateDict(tensors: Record<string, tf.Tensor>): void {
    assignState('ConnectionStack.loadStateDict', this.stateDict(), tensors);
  }

  /**
   * The configuration as plain JSON, without weights. `branches` is the number of branches.
   *
   * @throws FracConnectionsError ERR_OPTION for a stack of given connections: make it anew with them
   */
  toJSON(): ConnectionJSON {
    if (this.#json === undefined) {
      throw new FracConnectionsError(
        'ERR_OPTION',
        'ConnectionStack.toJSON: a stack of given connections has no JSON of its own; keep that of each connection',
      );
    }
    return { ...this.#json };
  }

  /**
   * Makes a new stack from the result of {@link ConnectionStack.toJSON}. Pass the branches to
   * {@link ConnectionStack.apply}.
   */
  static fromJSON(json: ConnectionJSON): ConnectionStack {
    const options = jsonOptions('ConnectionStack', json);
    if (typeof options.branches !== 'number') {
      throw new FracConnectionsError('ERR_OPTION', 'ConnectionStack.fromJSON: branches must be a number');
    }
    return new ConnectionStack(options as unknown as StackOptions);
  }

  /** Frees the weights of all connections. */
  dispose(): void {
    for (const each of this.connections) each.dispose();
  }
}
brand(ConnectionStack, 'ConnectionStack');

function checkFunctions(fn: string, branches: readonly unknown[]): void {
  for (const [i, branch] of branches.entries()) {
    if (typeof branch !== 'function') throw optionError(fn, `branches[${i}]`, 'must be a function', branch);
  }
}

function checkGiven<C extends BaseConnection>(options: StackOf<C>): StackOf<C> {
  checkNames('ConnectionStack', options, ['connections', 'branches', 'delayed']);
  const { connections, branches, delayed } = options;
  checkFlags('ConnectionStack', { delayed });
  if (!Array.isArray(connections) || connections.length === 0)
    throw optionError('ConnectionStack', 'connections', 'must be a list of connections', connections);
  for (const [i, each] of connections.entries()) {
    if (!(each instanceof BaseConnection))
      throw optionError('ConnectionStack', `connections[${i}]`, 'must be a connection', each);
    if (delayed && !(each instanceof MixedConnection))
      throw optionError(
        'ConnectionStack',
        `connections[${i}]`,
        'must be a MixedConnection to read delayed',
        each.type,
      );
  }
  if (branches === undefined) return options;
  if (!Array.isArray(branches) || branches.length !== connections.length) {
    throw optionError('ConnectionStack', 'branches', `must be ${connections.length} functions`, branches);
  }
  checkFunctions('ConnectionStack', branches);
  return options;
}
