import * as tf from '@tensorflow/tfjs-core';
import { checkInteger, checkNames, optionError } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';
import { Random, type RandomState } from '../common/random.js';
import type { TokenStore } from './token_store.js';
import type { Tokenizer, TokenizerName } from './tokenizer.js';

/** How a text is cut into examples. */
export interface ExampleOptions {
  /** Tokens per training example. */
  context: number;
  /** Seeds the order of the training examples. Default 0. */
  seed?: number;
  /** The fraction at the end that is never trained on, 0 to 0.5; at least one example unless it is 0. Default 0.05. */
  holdout?: number;
}

/** A batch of examples: `targets` are the tokens after `tokens`. Both are int32 `[batch, context]`; the caller disposes them. */
export interface Batch {
  tokens: tf.Tensor2D;
  targets: tf.Tensor2D;
}

/** An endless sequence of batches. Its position can be saved. */
export interface BatchStream {
  next(): Batch;
  state(): RandomState;
  restore(state: RandomState): void;
}

/** Identifies the data in a checkpoint, so that a run is not resumed with other data. */
export interface DataIdentity {
  tokenizer: TokenizerName;
  context: number;
  seed: number;
  holdout: number;
  tokens: number;
  /** SHA-256 of the text. */
  sha256: string;
}

/** Checks the options and fills in the defaults. The caller checks `tokenizer`. */
export function resolveExamples(fn: string, options: ExampleOptions): Required<ExampleOptions> {
  if (typeof options !== 'object' || options === null) {
    throw optionError(fn, 'options', 'must be an object', options);
  }
  checkNames(fn, options, ['tokenizer', 'context', 'seed', 'holdout']);
  const { context, seed = 0, holdout = 0.05 } = options;
  checkInteger(fn, 'context', context, 1);
  if (!Number.isFinite(seed)) throw optionError(fn, 'seed', 'must be a finite number', seed);
  if (!(typeof holdout === 'number' && holdout >= 0 && holdout <= 0.5))
    throw optionError(fn, 'holdout', 'must be 0 to 0.5', holdout);
  return { context, seed, holdout };
}

/**
 * The number of tokens in the training part.
 *
 * @throws FracConnectionsError `ERR_DATA` if there are too few for an example in each part
 */
export function trainingPart(
  fn: string,
  source: string,
  tokens: number,
  { context, holdout }: Required<ExampleOptions>,
): number {
  const example = context + 1;
  const heldOut = holdout === 0 ? 0 : Math.max(Math.floor(tokens * holdout), example);
  if (tokens - heldOut >= example) return tokens - heldOut;
  const needed = holdout === 0 ? example : 2 * example;
  const why = holdout === 0 ? 'to train on' : `to train on and ${example} to hold out`;
  throw new FracConnectionsError(
    'ERR_DATA',
    `${fn}: ${source} is too short: ${tokens} tokens; context ${context} needs at least ${needed}, ${example} ${why}`,
  );
}

/** An opened text; made by {@link openData} or {@link openText}. */
export class TextData {
  readonly context: number;
  /** Tokens in the training part. */
  readonly trainTokens: number;
  /** Tokens at the end, for evaluation only. */
  readonly heldOutTokens: number;

  /** @internal */
  constructor(
    /** The file or folder; `text` for a string. */
    readonly path: string,
    readonly tokenizer: Tokenizer,
    readonly identity: Readonly<DataIdentity>,
    private readonly store: TokenStore,
    trainTokens: number,
  ) {
    this.context = identity.context;
    this.trainTokens = trainTokens;
    this.heldOutTokens = store.length - trainTokens;
  }

  /** Random windows of the training part. Every stream starts from the seed of the data, so all have the same order. */
  batches(batchSize: number): BatchStream {
    let random = new Random(this.identity.seed);
    return {
      next: () =>
        this.batch(Array.from({ length: batchSize }, () => random.int(this.trainTokens - this.context))),
      state: () => random.state(),
      restore: state => {
        random = Random.fromState(state);
      },
    };
  }

  /** Up to `count` batches of fixed windows that do not overlap, spread evenly over the held-out part; the last may be smaller. */
  *heldOut(batchSize: number, count: number): Generator<Batch> {
    const example = this.context + 1;
    const windows = Math.min(batchSize * count, Math.floor(this.heldOutTokens / example));
    const spacing = windows > 1 ? (this.heldOutTokens - example) / (windows - 1) : 0;
    for (let first = 0; first < windows; first += batchSize) {
      const size = Math.min(batchSize, windows - first);
      yield this.batch(
        Array.from({ length: size }, (_, i) => this.trainTokens + Math.floor((first + i) * spacing)),
      );
    }
  }

  private batch(starts: number[]): Batch {
    const { context } = this;
    const tokens = new Int32Array(starts.length * context);
    const targets = new Int32Array(starts.length * context);
    const window = new Int32Array(context + 1);
    starts.forEach((start, row) => {
      this.store.read(start, window);
      tokens.set(window.subarray(0, context), row * context);
      targets.set(window.subarray(1), row * context);
    });
    const shape: [number, number] = [starts.length, context];
    return { tokens: tf.tensor2d(tokens, shape, 'int32'), targets: tf.tensor2d(targets, shape, 'int32') };
  }
}
