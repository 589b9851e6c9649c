import { FracConnectionsError } from '../common/errors.js';
import { makeTokenizer, type Tokenizer } from './tokenizer.js';

/** GPT-2's byte pair encoding, from the package `gpt-tokenizer`. */
export async function loadGpt2(): Promise<Tokenizer> {
  const { encoding, ranks } = await loadLibrary();
  const endOfText = ranks.length;
  // The library's decode keeps the bytes of an incomplete character from one call to the next, so we decode ourselves.
  const bytesOf = (token: number) => {
    const rank = token === endOfText ? '<|endoftext|>' : ranks[token]!;
    return typeof rank === 'string' ? new TextEncoder().encode(rank) : Uint8Array.from(rank);
  };
  // '<|endoftext|>' in a text file is text, not the end of a document.
  const encode = (text: string) => encoding.encode(text, { disallowedSpecial: new Set() });
  return makeTokenizer('gpt2', endOfText + 1, encode, bytesOf);
}

async function loadLibrary() {
  try {
    const [encoding, ranks] = await Promise.all([
      import('gpt-tokenizer/encoding/r50k_base'),
      import('gpt-tokenizer/bpeRanks/r50k_base'),
    ]);
    return { encoding, ranks: ranks.default };
  } catch (cause) {
    throw new FracConnectionsError(
      'ERR_SETUP',
      "gpt2 tokenizer: the package 'gpt-tokenizer' (version 4) cannot be loaded; run: npm install gpt-tokenizer@4",
      { cause },
    );
  }
}

/**
 * The last position at which a text can be cut so that its two halves encode to the same tokens as the whole. GPT-2's pattern
 * never joins white space to a preceding character that is not white space. 0 if there is no such position.
 */
export function safeCut(text: string): number {
  for (let i = text.length - 1; i > 0; i--) {
    if (/\s/.test(text[i]!) && !/\s/.test(text[i - 1]!)) return i;
  }
  return 0;
}
