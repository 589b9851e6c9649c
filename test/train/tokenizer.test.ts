import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { safeCut } from '../../lib/train/gpt2.js';
import { loadTokenizer } from '../../lib/train/load_tokenizer.js';
import { TOKENIZERS } from '../../lib/train/tokenizer.js';
import { firstNotText, wholeCharacters } from '../../lib/train/utf8.js';

const TEXT = '\ufeffnaïve – 🙂👩‍🚀 日本語\r\n\t  <|endoftext|> x';

describe.each(TOKENIZERS)('%s tokenizer', name => {
  it('decodes what it encoded', async () => {
    const tokenizer = await loadTokenizer(name);
    const tokens = tokenizer.encode(TEXT);
    expect(Math.max(...tokens)).toBeLessThan(tokenizer.vocabSize);
    expect(tokenizer.decode(tokens)).toBe(TEXT);
    expect(tokenizer.encode('').length).toBe(0);
    expect(tokenizer.decode([])).toBe('');
  });

  it('streams: a character comes out whole, with its last token', async () => {
    const tokenizer = await loadTokenizer(name);
    const stream = tokenizer.decoder();
    const parts = Array.from(tokenizer.encode('a🙂é'), token => stream.write(token));
    expect(parts.join('')).toBe('a🙂é');
    expect(parts).toContain('');
    expect(parts.join('|')).not.toContain('\ufffd');
    expect(stream.end()).toBe('');
  });

  it('shows a character that never became whole, and keeps nothing of it', async () => {
    const tokenizer = await loadTokenizer(name);
    const cut = Array.from(tokenizer.encode('a🙂')).slice(0, -1);
    expect(tokenizer.decode(cut)).toBe('a\ufffd');
    expect(tokenizer.decode(tokenizer.encode('b'))).toBe('b');
    const stream = tokenizer.decoder();
    for (const token of cut) stream.write(token);
    expect(stream.end()).toBe('\ufffd');
  });

  it('refuses a token outside its vocabulary', async () => {
    const tokenizer = await loadTokenizer(name);
    for (const token of [-1, 1.5, tokenizer.vocabSize, Number.NaN]) {
      expect(() => tokenizer.decode([token])).toThrow(`from 0 to ${tokenizer.vocabSize - 1}, got ${token}`);
    }
    expect(() => tokenizer.decode([tokenizer.vocabSize - 1])).not.toThrow();
  });
});

describe('gpt2 tokenizer', () => {
  afterEach(() => {
    vi.doUnmock('gpt-tokenizer/encoding/r50k_base');
    vi.resetModules();
  });

  it('gives the ids of GPT-2', async () => {
    const tokenizer = await loadTokenizer('gpt2');
    expect([...tokenizer.encode('Hello, world!')]).toEqual([15496, 11, 995, 0]);
    expect(tokenizer.decode([50_256])).toBe('<|endoftext|>');
  });

  it('says what to install', async () => {
    vi.resetModules();
    vi.doMock('gpt-tokenizer/encoding/r50k_base', () => {
      throw new Error('Cannot find package');
    });
    const { loadTokenizer: load } = await import('../../lib/train/load_tokenizer.js');
    await expect(load('gpt2')).rejects.toMatchObject({
      code: 'ERR_SETUP',
      message: expect.stringContaining('npm install gpt-tokenizer'),
    });
  });

  it('encodes the two halves of a safe cut to the tokens of the whole', async () => {
    const tokenizer = await loadTokenizer('gpt2');
    const piece = fc.constantFrom(
      ' ',
      '  ',
      '\n',
      '\t',
      '\u00a0',
      "'s",
      "'",
      'word',
      '12',
      '!?',
      'é',
      '🙂',
      '\r\n',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), pieces => {
        const text = pieces.join('');
        const cut = safeCut(text);
        const halves = [...tokenizer.encode(text.slice(0, cut)), ...tokenizer.encode(text.slice(cut))];
        expect(halves).toEqual([...tokenizer.encode(text)]);
      }),
    );
  });

  it('is cut before white space that follows something else', () => {
    expect(safeCut('one two  three')).toBe('one two'.length);
    expect(safeCut('one two  ')).toBe('one two'.length);
    expect(safeCut(' one')).toBe(0);
    expect(safeCut('')).toBe(0);
  });
});

describe('utf8', () => {
  it('finds where the whole characters end, at every cut', () => {
    const bytes = new TextEncoder().encode('aé€🙂b');
    const ends = [0, 1, 3, 6, 10, 11];
    for (let cut = 0; cut <= bytes.length; cut++) {
      const expected = ends.filter(end => end <= cut).at(-1);
      expect(wholeCharacters(bytes.subarray(0, cut)), `cut at ${cut}`).toBe(expected);
    }
  });

  it('agrees with Node on what is text, and names the first bad byte', () => {
    const byte = fc.constantFrom(
      0x61,
      0xc3,
      0xa9,
      0xe2,
      0x82,
      0xac,
      0xf0,
      0x9f,
      0x99,
      0x82,
      0xff,
      0xed,
      0xa0,
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 12 }), values => {
        const bytes = Uint8Array.from(values);
        const bad = firstNotText(bytes);
        expect(bad < 0).toBe(isUtf8(bytes));
        if (bad >= 0) expect(isUtf8(bytes.subarray(0, bad))).toBe(true);
        const rest = bytes.subarray(wholeCharacters(bytes));
        expect(rest.length).toBeLessThan(4);
      }),
      { numRuns: 500 },
    );
  });

  it('finds the first byte that is not text', () => {
    const bad: [number[], number][] = [
      [[0x61, 0x62], -1],
      [[0x61, 0], 1],
      [[0xff, 0], 0],
      [[0x61, 0x80], 1],
      [[0xc0, 0xaf], 0],
      [[0x61, 0xe0, 0x80, 0x80], 1],
      [[0xf4, 0x90, 0x80, 0x80], 0],
      [[0xc3, 0xa9, 0xc3], 2],
    ];
    for (const [bytes, expected] of bad)
      expect(firstNotText(Uint8Array.from(bytes)), `${bytes}`).toBe(expected);
  });
});
