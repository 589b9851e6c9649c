import { show } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';

/** The tokenizers there are: one token a UTF-8 byte, or GPT-2's byte pair encoding. */
export const TOKENIZERS = ['byte', 'gpt2'] as const;

/** One of {@link TOKENIZERS}. */
export type TokenizerName = (typeof TOKENIZERS)[number];

/** Turns text into token ids and back. */
export interface Tokenizer {
  readonly name: TokenizerName;
  /** Token ids are 0 to `vocabSize - 1`. */
  readonly vocabSize: number;
  encode(text: string): ArrayLike<number> & Iterable<number>;
  /** The text of all these tokens; bytes that are no character become U+FFFD. */
  decode(tokens: Iterable<number>): string;
  /** For text as it is generated: hands out a character once all its bytes are there. */
  decoder(): StreamDecoder;
}

/** Decodes token by token; a character can be cut over several tokens. */
export interface StreamDecoder {
  /** The text that this token completes; often empty in the middle of a character. */
  write(token: number): string;
  /** What is left: U+FFFD for a character that never became whole. */
  end(): string;
}

/** One token a byte of UTF-8: 256 tokens, no training, any text. */
export const byteTokenizer: Tokenizer = makeTokenizer(
  'byte',
  256,
  text => new TextEncoder().encode(text),
  token => Uint8Array.of(token),
);

/**
 * A tokenizer made of an encoder and the bytes of each token.
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
    // A byte order mark is text like any other here: dropping it would lose three tokens.
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
