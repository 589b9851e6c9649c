import { show } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';
import { byteTokenizer, type Tokenizer, type TokenizerName } from './tokenizer.js';

/**
 * A tokenizer by name. `gpt2` needs the optional package `gpt-tokenizer`.
 *
 * @throws FracConnectionsError `ERR_OPTION` for an unknown name, `ERR_SETUP` when `gpt-tokenizer` is not installed
 * @example
 * ```ts
 * const tokenizer = await loadTokenizer('byte');
 * tokenizer.decode(tokenizer.encode('naïve')); // 'naïve'
 * ```
 */
export async function loadTokenizer(name: TokenizerName): Promise<Tokenizer> {
  if (name === 'byte') return byteTokenizer;
  if (name === 'gpt2') return (await import('./gpt2.js')).loadGpt2();
  throw new FracConnectionsError(
    'ERR_OPTION',
    `loadTokenizer: the tokenizer must be 'byte' or 'gpt2', got ${show(name)}`,
  );
}
