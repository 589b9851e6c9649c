import { show } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';

/** The names of the tokenizers: one token per UTF-8 byte, or GPT-2's byte pair encoding. */
export const TOKENIZERS = ['byte', 'gpt2'] as const;

/** One of {@link TOKENIZERS}. */
export type TokenizerName = (typeof TOKENIZERS)[number];

/** Turns text into token ids and back. */
export interface Tokenizer {
  readonly name: TokenizerName;
  /** Token ids are 0 to `vocabSize - 1`. */
  readonly vocabSize: number;
  encode(text: string): ArrayLike<number> & Iterable<number>;
  /** Decodes all tokens. Bytes that are not valid UTF-8 become U+FFFD. */
  decode(tokens: Iterable<number>): string;
  /** Decodes text while it is generated. A character is returned once all its bytes are there. */
  decoder(): StreamDecoder;
}

/** Decodes token by token. The bytes of a character may be spread over several tokens. */
export interface StreamDecoder {
  /** The text that this token completes. Empty inside a character. */
  write(token: number): string;
  /** The rest: U+FFFD if the last character is incomplete. */
  end(): string;
}

/** One token per UTF-8 byte: 256 tokens, for any text. */
export const byteTokenizer: Tokenizer = makeTokenizer(
  'byte',
  256,
  text => new TextEncoder().encode(text),
  token => Uint8Array.of(token),
);

/**
 * Makes a tokenizer from an encoder and the bytes of each token.
 *
 * @internal
 */
export function makeTokenizer(
  name: TokenizerName,
  vocabSize: number,
  encode: Tokenizer['encode'],
  bytesOf: (token: number) => Uint8Array,
): Tokenizer {
  const decoder = (): StreamDecoder => {
    // A byte order mark counts as text: without it three tokens would be lost.
    const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
    return {
      write(token) {
        if (!(Number.isInteger(token) && token >= 0 && token < vocabSize)) {
          throw new FracConnectionsError(
            'ERR_DATA',
            `${name} tokenizer: a token must be an integer from 0 to ${vocabSize - 1}, got ${show(token)}`,
          );
        }
        return utf8.decode(bytesOf(token), { stream: true });
      },
      end: () => utf8.decode(),
    };
  };
  const decode = (tokens: Iterable<number>) => {
    const stream = decoder();
    let text = '';
    for (const token of tokens) text += stream.write(token);
    return text + stream.end();
  };
  return { name, vocabSize, encode, decode, decoder };
}
