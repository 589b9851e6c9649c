import { optionError } from '../common/check.js';
import { sha256 } from './sha256.js';
import { type ExampleOptions, resolveExamples, TextData, trainingPart } from './text_data.js';
import { ArrayTokens } from './token_store.js';
import { byteTokenizer, type Tokenizer } from './tokenizer.js';

/** How a text in memory is read. */
export interface TextOptions extends ExampleOptions {
  /** Default {@link byteTokenizer}. */
  tokenizer?: Tokenizer;
}

/**
 * Opens a string as training data. It works in a browser. The last `holdout` of the tokens is for evaluation only.
 *
 * @throws FracConnectionsError `ERR_DATA` if it is too short for the context; `ERR_OPTION`
 * @example
 * ```ts
 * const data = openText(await (await fetch('book.txt')).text(), { context: 128 });
 * const { tokens, targets } = data.batches(8).next(); // int32 [8, 128] each
 * ```
 */
export function openText(text: string, options: TextOptions): TextData {
  if (typeof text !== 'string') throw optionError('openText', 'text', 'must be a string', text);
  const examples = resolveExamples('openText', options);
  const { tokenizer = byteTokenizer } = options;
  if (typeof tokenizer?.encode !== 'function')
    throw optionError('openText', 'tokenizer', 'must be a Tokenizer', tokenizer);
  const store = new ArrayTokens();
  store.push(tokenizer.encode(text));
  const trainTokens = trainingPart('openText', 'the text', store.length, examples);
  const identity = {
    ...examples,
    tokenizer: tokenizer.name,
    tokens: store.length,
    sha256: sha256(new TextEncoder().encode(text)),
  };
  return new TextData('text', tokenizer, identity, store, trainTokens);
}
