import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bookPath, openData } from '../../lib/train/data.js';
import { loadTokenizer } from '../../lib/train/load_tokenizer.js';
import type { Batch, TextData } from '../../lib/train/text_data.js';

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fc-data-'));
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

function write(name: string, content: string | Uint8Array): string {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
  return file;
}

function read({ tokens, targets }: Batch) {
  const [x, y] = [tokens.arraySync(), targets.arraySync()];
  expect([tokens.dtype, targets.dtype]).toEqual(['int32', 'int32']);
  tf.dispose([tokens, targets]);
  return { x, y };
}

// Every byte tells its own position, so that a window shows where it came from.
const counting = (length: number) => Uint8Array.from({ length }, (_, i) => 1 + (i % 127));

const windows = (data: TextData, batchSize: number, count: number) =>
  [...data.heldOut(batchSize, count)].map(batch => read(batch));

describe('openData', () => {
  it('gives random windows of the training part, targets one on', async () => {
    const data = await openData(write('count.txt', counting(120)), { context: 6, seed: 4, holdout: 0.1 });
    expect([data.trainTokens, data.heldOutTokens, data.tokenizer.vocabSize]).toEqual([108, 12, 256]);
    const stream = data.batches(50);
    const firsts = new Set<number>();
    for (let i = 0; i < 40; i++) {
      const { x, y } = read(stream.next());
      expect([x.length, x[0]!.length]).toEqual([50, 6]);
      x.forEach((row, r) => {
        row.forEach((token, t) => {
          expect(y[r]![t]).toBe(token + 1);
        });
        expect(y[r]![5]).toBeLessThanOrEqual(108);
        firsts.add(row[0]!);
      });
    }
    // Every start is drawn, the first and the last included.
    expect([firsts.size, Math.min(...firsts), Math.max(...firsts)]).toEqual([102, 1, 102]);
  });

  it('repeats its order by seed and goes on from a saved place', async () => {
    const file = write('seed.txt', counting(1000));
    const [one, same, other] = await Promise.all([5, 5, 6].map(seed => openData(file, { context: 4, seed })));
    const [a, b] = [one!.batches(8), same!.batches(8)];
    const first = read(a.next());
    expect(read(b.next())).toEqual(first);
    expect(read(other!.batches(8).next())).not.toEqual(first);
    const state = JSON.parse(JSON.stringify(a.state()));
    const second = read(a.next());
    b.next();
    b.restore(state);
    expect(read(b.next())).toEqual(second);
    expect(read(one!.batches(8).next())).toEqual(first);
  });

  it('holds out fixed windows at the end that do not overlap', async () => {
    const data = await openData(write('held.txt', counting(120)), { context: 4, holdout: 0.25 });
    const all = windows(data, 4, 100).flatMap(({ x, y }) => x.map((row, i) => [...row, y[i]!.at(-1)!]));
    expect(all.length).toBe(6);
    expect(all.flat().length).toBe(new Set(all.flat()).size);
    expect(Math.min(...all.flat())).toBe(91);
    expect(Math.max(...all.flat())).toBe(120);
    expect(windows(data, 2, 1).flatMap(({ x }) => x.map(row => row[0]))).toEqual([91, 116]);
    expect(windows(data, 4, 2).map(({ x }) => x.length)).toEqual([4, 2]);
  });

  it('reads a folder in order, below and across its files, leaving out hidden and empty ones', async () => {
    write('many/b.txt', 'world');
    write('many/a/z.txt', 'hello ');
    write('many/a/empty.txt', '');
    write('many/.hidden', Uint8Array.of(0));
    fs.symlinkSync(folder, path.join(folder, 'many/loop'));
    const data = await openData(path.join(folder, 'many'), { context: 10, holdout: 0 });
    expect([data.trainTokens, data.heldOutTokens]).toEqual([11, 0]);
    const { x, y } = read(data.batches(1).next());
    expect(data.tokenizer.decode([...x[0]!, y[0]!.at(-1)!])).toBe('hello world');
  });

  it('reads files longer than a chunk with characters across its edge', async () => {
    const text = `${'x'.repeat((1 << 20) - 1)}é${'🙂'.repeat(300_000)}`;
    const data = await openData(write('long.txt', text), { context: 8 });
    expect(data.identity.tokens).toBe(Buffer.byteLength(text));
  });

  it('knows its text by a hash', async () => {
    const hash = async (name: string, text: string) =>
      (await openData(write(name, text), { context: 2 })).identity.sha256;
    expect(await hash('one.txt', 'abcdefgh')).toBe(await hash('two.txt', 'abcdefgh'));
    expect(await hash('one.txt', 'abcdefgi')).not.toBe(await hash('two.txt', 'abcdefgh'));
  });

  it('leaks no tensors', async () => {
    const data = await openData(write('leak.txt', counting(500)), { context: 4 });
    const before = tf.memory().numTensors;
    read(data.batches(4).next());
    windows(data, 2, 2);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('openData with gpt2', () => {
  it('encodes in pieces to the tokens of the whole', async () => {
    const paragraph = "It's 10 o'clock;  naïve  🙂🙂 \n\n\t We're  here...   <|endoftext|> \r\n end ";
    const text = paragraph.repeat(18_000);
    expect(Buffer.byteLength(text)).toBeGreaterThan(1.1 * (1 << 20));
    const file = write('pieces.txt', text);
    const tokenizer = await loadTokenizer('gpt2');
    const expected = tokenizer.encode(text);
    const data = await openData(file, { tokenizer: 'gpt2', context: expected.length - 1, holdout: 0 });
    expect(data.trainTokens).toBe(expected.length);
    const { tokens, targets } = data.batches(1).next();
    expect(tokens.dataSync()).toEqual(Int32Array.from(expected).subarray(0, -1));
    tf.dispose([tokens, targets]);
  });

  it('has ids above 32,767 and a vocabulary of 50,257', async () => {
    const file = write('ids.txt', ' gazed gazed gazed gazed gazed gazed');
    const data = await openData(file, { tokenizer: 'gpt2', context: 2 });
    expect(data.tokenizer.vocabSize).toBe(50_257);
    expect(read(data.batches(1).next()).x).toEqual([[50_255, 50_255]]);
  });
});

describe('openData refuses', () => {
  const bad: [string, () => [target: string, options?: object], string][] = [
    ['a missing path', () => ['/nowhere/at/all.txt'], '/nowhere/at/all.txt does not exist'],
    ['an empty file', () => [write('empty.txt', '')], 'empty.txt is empty'],
    [
      'a folder without text',
      () => [path.dirname(write('none/empty.txt', ''))],
      'none is a folder with no text',
    ],
    [
      'a NUL byte',
      () => [write('nul.bin', 'abc\0def')],
      'nul.bin is not a text file: a NUL byte at offset 3',
    ],
    [
      'invalid UTF-8',
      () => [write('latin1.txt', Buffer.from('na\xefve and more', 'latin1'))],
      'latin1.txt is not a text file: byte 0xef is not UTF-8 at offset 2',
    ],
    [
      'a character cut off at the end',
      () => [write('cut.txt', Buffer.from('aé🙂').subarray(0, -1))],
      'byte 0xf0 is not UTF-8 at offset 3',
    ],
    [
      'a surrogate, after the first chunk',
      () => [
        write('surrogate.txt', Buffer.concat([Buffer.alloc(1_500_001, 'ab'), Buffer.of(0xed, 0xa0, 0x80)])),
      ],
      'byte 0xed is not UTF-8 at offset 1500001',
    ],
    [
      'a binary in a folder',
      () => [path.dirname(write('mixed/a.png', Buffer.of(137, 80, 78)))],
      'a.png is not a text',
    ],
    [
      'a text too short to hold some out',
      () => [write('short.txt', 'x'.repeat(129)), { context: 64 }],
      'short.txt is too short: 129 tokens; context 64 needs at least 130, 65 to train on and 65 to hold out',
    ],
    [
      'a text too short',
      () => [write('short.txt', 'x'.repeat(64)), { context: 64, holdout: 0 }],
      '64 tokens; context 64 needs at least 65, 65 to train on',
    ],
    [
      'an unknown tokenizer',
      () => [write('t.txt', 'text'), { tokenizer: 'word' }],
      "'byte' or 'gpt2', got \"word\"",
    ],
    ['an unknown option', () => [write('t.txt', 'text'), { size: 3 }], "unknown option 'size'"],
    [
      'a context of 0',
      () => [write('t.txt', 'text'), { context: 0 }],
      'context must be an integer, 1 or more, got 0',
    ],
    [
      'a NaN seed',
      () => [write('t.txt', 'text'), { seed: Number.NaN }],
      'seed must be a finite number, got NaN',
    ],
    [
      'a holdout that is none',
      () => [write('t.txt', 'text'), { holdout: null }],
      'holdout must be 0 to 0.5, got null',
    ],
    ['a holdout of 1', () => [write('t.txt', 'text'), { holdout: 1 }], 'holdout must be 0 to 0.5, got 1'],
  ];
  it.each(bad)('%s', async (_, make, message) => {
    const [target, options] = make();
    await expect(openData(target, { context: 2, ...options })).rejects.toThrow(message);
  });

  it('no options', async () => {
    await expect(openData(write('t.txt', 'text'), undefined as never)).rejects.toThrow(
      'openData: options must be an object, got undefined',
    );
  });

  it('a file that may not be read', async ({ skip }) => {
    if (process.getuid?.() === 0) skip('root may read everything');
    const file = write('secret.txt', 'text');
    fs.chmodSync(file, 0);
    await expect(openData(file, { context: 2 })).rejects.toThrow('secret.txt cannot be read (EACCES)');
  });

  it('something that is no file', async () => {
    await expect(openData('/dev/null', { context: 2 })).rejects.toThrow(
      '/dev/null is neither a file nor a folder',
    );
  });

  it('a file that became shorter', async () => {
    const file = write('shrinks.txt', counting(500));
    const data = await openData(file, { context: 4 });
    fs.truncateSync(file, 3);
    expect(() => data.batches(100).next()).toThrow('shrinks.txt became shorter while it was in use');
  });
});

describe('the book', () => {
  it('is the default, or its absence says what to type', async () => {
    if (fs.existsSync(path.join(import.meta.dirname, '../../dist/data/moby-dick.txt'))) {
      expect((await openData(undefined, { context: 64 })).identity.tokens).toBeGreaterThan(1_000_000);
      expect(bookPath()).toMatch(/moby-dick.txt$/);
    } else await expect(openData(undefined, { context: 64 })).rejects.toThrow('npm run build');
  });
});
