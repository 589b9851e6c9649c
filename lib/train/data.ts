import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setImmediate as yieldToEvents } from 'node:timers/promises';
import { packageRoot } from '../common/root.js';
import { FileTokens } from './file_tokens.js';
import { safeCut } from './gpt2.js';
import { loadTokenizer } from './load_tokenizer.js';
import { type ExampleOptions, resolveExamples, TextData, trainingPart } from './text_data.js';
import { dataError, listFiles, readText, type TextFile } from './text_files.js';
import { ArrayTokens, type TokenStore } from './token_store.js';
import type { Tokenizer, TokenizerName } from './tokenizer.js';

/** How a text is read. */
export interface DataOptions extends ExampleOptions {
  /** Default `'byte'`. */
  tokenizer?: TokenizerName;
}

/** The path of the book in the package: Moby-Dick. */
export function bookPath(): string {
  const book = path.join(packageRoot(), 'dist/data/moby-dick.txt');
  if (fs.existsSync(book)) return book;
  throw dataError(`the package's book is missing (${book} does not exist); run: npm run build`);
}

/**
 * Opens a UTF-8 file, or all files below a folder (sorted; names that start with a dot are left out), as training data.
 *
 * The whole text is checked once. After that, bytes are read from the files when they are needed; the tokens of `gpt2` are
 * kept in memory, two bytes each. The last `holdout` of the tokens is for evaluation only.
 *
 * @param target a file or folder; by default the book in the package
 * @throws FracConnectionsError `ERR_DATA` if the path is missing, unreadable, empty, not text (with the byte's offset) or
 * too short for the context; `ERR_OPTION`; `ERR_SETUP` if `gpt-tokenizer` is needed and not installed
 * @example
 * ```ts
 * const data = await openData('book.txt', { context: 128, seed: 1 });
 * const { tokens, targets } = data.batches(8).next(); // int32 [8, 128] each
 * ```
 */
export async function openData(target: string | undefined, options: DataOptions): Promise<TextData> {
  const examples = resolveExamples('openData', options);
  const tokenizer = await loadTokenizer(options.tokenizer ?? 'byte');
  const source = target ?? bookPath();
  const { store, sha256 } = await readTokens(listFiles(source), tokenizer);

  const trainTokens = trainingPart('openData', source, store.length, examples);
  const identity = { ...examples, tokenizer: tokenizer.name, tokens: store.length, sha256 };
  return new TextData(source, tokenizer, identity, store, trainTokens);
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
      // A large corpus takes a while, and Ctrl-C must work meanwhile.
      await yieldToEvents();
    }
    array?.push(tokenizer.encode(text));
  }
  const store: TokenStore = array ?? new FileTokens(files);
  return { store, sha256: hash.digest('hex') };
}
