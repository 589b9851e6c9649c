import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { Random } from '../../lib/common/random.js';
import { draw } from '../../lib/models/generate.js';
import { perturb, tiny } from './helpers.js';

const collect = async (tokens: AsyncIterable<number>) => {
  const all: number[] = [];
  for await (const token of tokens) all.push(token);
  return all;
};

describe('LanguageModel.generate', () => {
  const model = () => perturb(tiny({ wiring: { kind: 'frac', rate: 4 } }), 0.3);

  it('draws the same tokens from the same seed, past the context too', async () => {
    const own = model();
    const options = { maxTokens: 12, temperature: 1.5, seed: 3 };
    const first = await collect(own.generate([1, 2], options));
    expect(first.length).toBe(12);
    expect(await collect(own.generate([1, 2], options))).toEqual(first);
    expect(await collect(own.generate([1, 2], { ...options, seed: 4 }))).not.toEqual(first);
  });

  it('follows the most likely token at temperature 0', async () => {
    const own = model();
    const tokens = [4, 9];
    for (let i = 0; i < 8; i++) {
      const window = tokens.slice(-6);
      const logits = own.apply(tf.tensor2d([window], undefined, 'int32'));
      const best = tf.argMax(tf.squeeze(logits, [0]), 1).dataSync();
      tokens.push(best[window.length - 1]!);
    }
    expect(await collect(own.generate([4, 9], { maxTokens: 8, temperature: 0 }))).toEqual(tokens.slice(2));
    expect(await collect(own.generate([4, 9], { maxTokens: 8, topK: 1, seed: 9 }))).toEqual(tokens.slice(2));
  });

  it('stops at the signal, and keeps no tensor', async () => {
    const own = model();
    const before = tf.memory().numTensors;
    const stop = new AbortController();
    const tokens: number[] = [];
    for await (const token of own.generate(Uint8Array.of(1), { signal: stop.signal })) {
      tokens.push(token);
      if (tokens.length === 3) stop.abort();
    }
    expect(tokens.length).toBe(3);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses a wrong prompt or option', async () => {
    const own = model();
    await expect(collect(own.generate([]))).rejects.toThrow(/generate: prompt must have at least one token/);
    await expect(collect(own.generate([11]))).rejects.toThrow(/prompt must be from 0 to 10, got 11/);
    for (const [bad, shown] of [
      [[1.5], '1.5'],
      [[1, Number.NaN, 1], 'NaN'],
      [['1'], '"1"'],
    ] as [number[], string][]) {
      await expect(collect(own.generate(bad))).rejects.toThrow(`prompt must be whole numbers, got ${shown}`);
    }
    for (const bad of ['text', null]) {
      await expect(collect(own.generate(bad as never))).rejects.toThrow(
        'prompt must be an array of tokens, got',
      );
    }
    await expect(collect(own.generate([1], { temperature: -1 }))).rejects.toThrow(
      /^LanguageModel.generate: temperature must be a finite number, 0 or more, got -1$/,
    );
    await expect(collect(own.generate([1], { topk: 1 } as never))).rejects.toThrow(/unknown option 'topk'/);
  });
});

describe('draw', () => {
  it('draws in proportion to softmax(logits / temperature), from the top k alone', () => {
    const random = new Random(1);
    const logits = [0, 2, 1, -50];
    const frequency = (temperature: number, topK: number) => {
      const counts = [0, 0, 0, 0];
      for (let i = 0; i < 4000; i++) counts[draw(logits, temperature, topK, random)]!++;
      return counts.map(count => count / 4000);
    };
    const softmax = (values: number[]) => {
      const sum = values.reduce((total, value) => total + Math.exp(value), 0);
      return values.map(value => Math.exp(value) / sum);
    };
    const close = (got: number[], want: number[]) =>
      got.forEach((value, i) => {
        expect(Math.abs(value - want[i]!)).toBeLessThan(0.03);
      });
    close(frequency(1, 0), softmax(logits));
    close(frequency(2, 0), softmax(logits.map(value => value / 2)));
    close(frequency(1, 2), [0, ...softmax([2, 1]), 0]);
  });
});
