import * as z from 'zod';
import { optionError, show } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';
import { Random } from '../common/random.js';
import { optionFailure } from './options.js';

/** Options of {@link LanguageModel.generate}. */
export interface GenerateOptions {
  /** Number of tokens to generate. Default 100. */
  maxTokens?: number;
  /** The logits are divided by this; 0 always takes the most likely token. Default 1. */
  temperature?: number;
  /** Samples only from this many of the most likely tokens; 0 samples from all. Default 0. */
  topK?: number;
  /** Seed of the sampling. The same seed gives the same tokens. Default 0. */
  seed?: number;
  /** Stops the generation before the next token. */
  signal?: AbortSignal;
}

const count = z.int('must be an integer, 0 or more').min(0, 'must be an integer, 0 or more');

const schema = z.strictObject({
  maxTokens: count.default(100),
  temperature: z
    .number('must be a finite number, 0 or more')
    .min(0, 'must be a finite number, 0 or more')
    .default(1),
  topK: count.default(0),
  seed: z.number('must be a finite number').default(0),
  signal: z.instanceof(AbortSignal, { error: 'must be an AbortSignal' }).optional(),
});

/**
 * Samples tokens one after another. Each comes from the logits that `next` computes from the last `context` tokens.
 *
 * @param next computes the logits of the token after the given ones
 */
export async function* drawTokens(
  prompt: ArrayLike<number>,
  options: GenerateOptions,
  context: number,
  next: (window: number[]) => Promise<ArrayLike<number>>,
): AsyncGenerator<number, void, undefined> {
  if (typeof options !== 'object' || options === null) {
    throw optionError('LanguageModel.generate', 'options', 'must be an object', options);
  }
  const parsed = schema.safeParse(options, { reportInput: true });
  if (!parsed.success) throw optionFailure('LanguageModel.generate', parsed.error);
  const { maxTokens, temperature, topK, seed, signal } = parsed.data;
  const random = new Random(seed);
  if (typeof prompt !== 'object' || prompt === null) {
    throw optionError('LanguageModel.generate', 'prompt', 'must be an array of tokens', prompt);
  }
  const tokens = Array.from<number>(prompt);
  // A tensor would silently round them to whole numbers.
  const bad = tokens.findIndex(token => !Number.isInteger(token));
  if (bad >= 0) {
    throw new FracConnectionsError(
      'ERR_DATA',
      `LanguageModel.generate: prompt must be whole numbers, got ${show(tokens[bad])}`,
    );
  }
  if (tokens.length === 0) {
    throw new FracConnectionsError(
      'ERR_DATA',
      'LanguageModel.generate: prompt must have at least one token, got none',
    );
  }
  for (let i = 0; i < maxTokens && !signal?.aborted; i++) {
    const token = draw(await next(tokens.slice(-context)), temperature, topK, random);
    tokens.push(token);
    yield token;
  }
}

/**
 * Samples a token from softmax(logits / temperature), or takes the most likely one. Of equal logits the first ranks
 * higher.
 */
export function draw(logits: ArrayLike<number>, temperature: number, topK: number, random: Random): number {
  const order = Array.from(logits, (_, i) => i).sort((a, b) => logits[b]! - logits[a]! || a - b);
  if (temperature === 0) return order[0]!;
  const candidates = topK > 0 ? order.slice(0, topK) : order;
  const most = logits[candidates[0]!]!;
  const weights = candidates.map(token => Math.exp((logits[token]! - most) / temperature));
  let left = random.next() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [i, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return candidates[i]!;
  }
  // Rounding can leave a small rest of the sum, so that no candidate was chosen.
  return candidates.at(-1)!;
}
