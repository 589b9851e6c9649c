import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { openData } from '../../lib/train/data.js';
import { openText, type TextOptions } from '../../lib/train/open_text.js';
import { sha256 } from '../../lib/train/sha256.js';
import type { BatchStream } from '../../lib/train/text_data.js';

const TEXT = 'Call me Ishmael. Some years ago – never mind how long precisely – '.repeat(9);

function read(stream: BatchStream) {
  const { tokens, targets } = stream.next();
  const values = [tokens.arraySync(), targets.arraySync()];
  tf.dispose([tokens, targets]);
  return values;
}

it('is the same data as the file with this text', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'fc-text-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'text.txt');
  writeFileSync(file, TEXT);
  const options = { context: 10, seed: 3, holdout: 0.2 };
  const [text, data] = [openText(TEXT, options), await openData(file, options)];
  expect(text.identity).toEqual(data.identity);
  expect([text.trainTokens, text.heldOutTokens]).toEqual([data.trainTokens, data.heldOutTokens]);
  expect(read(text.batches(4))).toEqual(read(data.batches(4)));
});

it.each([
  [12 as never, { context: 4 }, 'openText: text must be a string, got 12'],
  ['abcdef', { context: 4 }, 'openText: the text is too short: 6 tokens; context 4 needs at least 10'],
  ['abcdef', { context: 0 }, 'openText: context must be an integer, 1 or more, got 0'],
  ['abcdef', { context: 1, tokenizer: 'byte' as never }, 'openText: tokenizer must be a Tokenizer'],
  ['abcdef', { context: 1, book: 1 } as TextOptions, "openText: unknown option 'book'"],
])('refuses %j with %j', (text, options, message) => {
  expect(() => openText(text, options)).toThrow(message);
});

it("hashes as Node's own SHA-256 does", () => {
  const expected = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 128]) {
    const bytes = new Uint8Array(length).fill(length);
    expect(sha256(bytes), `${length} bytes`).toBe(expected(bytes));
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), bytes => sha256(bytes) === expected(bytes)));
});
