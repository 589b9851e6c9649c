import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setImmediate as yieldToEvents } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import { checkInteger, checkNames, optionError } from '../options.js';
import { Random, type RandomState } from '../random.js';
import root from '../root.cjs';
import { safeCut } from './gpt2.js';
import { dataError, listFiles, readText, type TextFile } from './text_files.js';
import { ArrayTokens, FileTokens, type TokenStore } from './token_store.js';
import { loadTokenizer, type Tokenizer, type TokenizerName } from './tokenizer.js';

/** How a text is read. */
export interface DataOptions {
  /** Default `'byte'`. */
  tokenizer?: TokenizerName;
  /** Tokens a training example. */
  context: number;
  /** Seeds the order of the training examples. Default 0. */
  seed?: number;
  /** The part at the end that is never trained on, 0 to 0.5; at least one example unless it is 0. Default 0.05. */
  holdout?: number;
}

/** Examples of one step: `targets` are `tokens` one place on. Both int32 `[batch, context]`; the caller disposes them. */
export interface Batch {
  tokens: tf.Tensor2D;
  targets: tf.Tensor2D;
}

/** An endless row of batches whose place can be saved. */
export interface BatchStream {
  next(): Batch;
  state(): RandomState;
  restore(state: RandomState): void;
}

/** What a checkpoint keeps of its data, to tell other data from it. */
export interface DataIdentity {
  tokenizer: TokenizerName;
  context: number;
  seed: number;
  holdout: number;
  tokens: number;
  /** SHA-256 of the text. */
  sha256: string;
}

/** The path of the book that the package holds: Moby-Dick. */
export function bookPath(): string {
  const book = path.join(root, 'dist/data/moby-dick.txt');
  if (fs.existsSync(book)) return book;
  throw dataError(`the package's own book is not built (${book} does not exist); type: npm run build`);
}

/**
 * Opens a UTF-8 file, or all files below a folder (sorted; names that start with a dot are left out), as training data.
 *
 * The text is checked from end to end once. Bytes are then read from the files as they are needed; the tokens of `gpt2` are
 * kept in memory, two bytes each. The last `holdout` of the tokens is for evaluation only.
 *
 * @param target a file or folder; left out, the package's own book
 * @throws FracConnectionsError `ERR_DATA` when the path is missing, unreadable, empty, not text (with the byte's offset) or
 * too short for the context; `ERR_OPTION`; `ERR_SETUP` when `gpt-tokenizer` is needed and not installed
 * @example
 * ```ts
 * const data = await openData('book.txt', { context: 128, seed: 1 });
 * const { tokens, targets } = data.batches(8).next(); // int32 [8, 128] each
 * ```
 */
export async function openData(target: string | undefined, options: DataOptions): Promise<TextData> {
  if (typeof options !== 'object' || options === null) {
    throw optionError('openData', 'options', 'must be an object', options);
  }
  checkNames('openData', options, ['tokenizer', 'context', 'seed', 'holdout']);
  const { context, seed = 0, holdout = 0.05 } = options;
  checkInteger('openData', 'context', context, 1);
  if (!Number.isFinite(seed)) throw optionError('openData', 'seed', 'must be a finite number', seed);
  if (!(typeof holdout === 'number' && holdout >= 0 && holdout <= 0.5))
    throw optionError('openData', 'holdout', 'must be 0 to 0.5', holdout);
  const tokenizer = await loadTokenizer(options.tokenizer ?? 'byte');
  const source = target ?? bookPath();
  const { store, sha256 } = await readTokens(listFiles(source), tokenizer);

  const example = context + 1;
  const heldOut = holdout === 0 ? 0 : Math.max(Math.floor(store.length * holdout), example);
  if (store.length - heldOut < example) {
    const needed = holdout === 0 ? example : 2 * example;
    const why = holdout === 0 ? 'to train on' : `to train on and ${example} to hold out`;
    throw dataError(
      `${source} is too short: ${store.length} tokens; context ${context} needs at least ${needed}, ${example} ${why}`,
    );
  }
  const identity = { tokenizer: tokenizer.name, context, seed, holdout, tokens: store.length, sha256 };
  return new TextData(source, tokenizer, identity, store, store.length - heldOut);
}

async function readTokens(files: TextFile[], tokenizer: Tokenizer) {
  const hash = createHash('sha256');
  const array = tokenizer.name === 'byte' ? null : new ArrayTokens();
  for (const file of files) {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    let text = '';
    for (const bytes of readText(file)) {
      hash.update(bytes);
      if (array) {
        text += decoder.decode(bytes, { stream: true });
        const cut = safeCut(text);
        array.push(tokenizer.encode(text.slice(0, cut)));
        text = text.slice(cut);
      }
      // A large corpus takes a while; Ctrl-C must be heard in it.
      await yieldToEvents();
    }
    array?.push(tokenizer.encode(text));
  }
  const store: TokenStore = array ?? new FileTokens(files);
  return { store, sha256: hash.digest('hex') };
}

/** An opened text; made by {@link openData}. */
export class TextData {
  readonly context: number;
  /** Tokens trained on. */
  readonly trainTokens: number;
  /** Tokens at the end that are only evaluated on. */
  readonly heldOutTokens: number;

  /** @internal */
  constructor(
    /** The file or folder. */
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

  /** Random windows of the training part. Every call starts from the data's seed, so all streams give the same order. */
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
