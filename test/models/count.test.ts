import { describe, expect, it } from 'vitest';
import { FracConnectionsError } from '../../lib/common/errors.js';
import { countModelFlops, countModelParameters } from '../../lib/models/count.js';
import type { LanguageModelOptions, Wiring } from '../../lib/models/options.js';
import { TINY, tiny } from './helpers.js';

// OLMo-1B's sizes: 16 layers, so 32 sites. Far too large to be made here.
const olmo = (wiring: Wiring): LanguageModelOptions => ({
  vocabSize: 50304,
  dim: 2048,
  layers: 16,
  heads: 16,
  ffnDim: 8192,
  context: 2048,
  wiring,
});

describe('the published counts', () => {
  const connections = (wiring: Wiring) => countModelParameters(olmo(wiring)).connections;

  it('of parameters', () => {
    expect(connections({ kind: 'frac', rate: 2, dynamic: false })).toBe(320);
    expect(connections({ kind: 'frac', rate: 4, dynamic: false })).toBe(1_152);
    expect(connections({ kind: 'frac', rate: 8, dynamic: false })).toBe(4_352);
    expect(connections({ kind: 'frac', rate: 2 })).toBe(196_992);
    expect(connections({ kind: 'frac', rate: 4 })).toBe(165_056);
    expect(connections({ kind: 'frac', rate: 8 })).toBe(151_872);
    expect(connections({ kind: 'frac', rate: 4, norm: 'layer' })).toBe(181_440);
    // Table 1's totals differ by 394,040, which is DHCx4's count less 8, without the norm's weights.
    expect(connections({ kind: 'hyper', rate: 4, norm: 'none' })).toBe(394_048);
  });

  it('of FLOPs a token', () => {
    const { connections } = countModelFlops(olmo({ kind: 'frac', rate: 4 }));
    expect((connections / 1e9).toFixed(4)).toBe('0.0013');
  });
});

describe('countModelParameters', () => {
  it('counts what a model has', () => {
    const wirings: Wiring[] = [
      { kind: 'residual' },
      { kind: 'frac', rate: 4 },
      { kind: 'frac', rate: 2, dynamic: false, dynamicBeta: true },
      { kind: 'frac', rate: 8, norm: 'layer', scale: false },
      { kind: 'hyper', rate: 2, dynamicAlpha: false },
      { kind: 'hyper', rate: 2, mixing: 'identity' },
      { kind: 'manifold', rate: 3 },
      { kind: 'manifold', rate: 2, mixing: 'identity' },
    ];
    for (const wiring of wirings) {
      for (const experts of [0, 3]) {
        const model = tiny({ wiring, experts });
        const size = Object.values(model.weights).reduce((total, weight) => total + weight.size, 0);
        expect(model.parameters(), JSON.stringify(wiring)).toBe(size);
        model.dispose();
      }
    }
  });
});

describe('countModelFlops', () => {
  it('counts the products of a small model', () => {
    // dim 16, 4 heads of 4, 2 key heads, ffn 12, context 6, vocabulary 11
    const attention = 16 * 16 * 2 + 16 * 8 * 2 + 6 * 16 * 2;
    const dense = countModelFlops({ ...TINY, layers: 1 });
    expect(dense).toEqual({
      embedding: 0,
      attention,
      feedForward: 3 * 16 * 12,
      norms: 2 * (16 + 16 + 16 + 8 + 16),
      connections: 0,
      unembedding: 16 * 11,
      total: attention + 576 + 144 + 176,
    });
    const sparse = countModelFlops({ ...TINY, layers: 1, experts: 8, expertsPerToken: 2 });
    expect(sparse.feedForward).toBe(16 * 8 + 2 * (576 + 16));
    expect(tiny().flops()).toBe(countModelFlops(TINY).total);
  });

  it('refuses options that no model can have', () => {
    expect(() => countModelFlops({ ...TINY, dim: 15 })).toThrow(FracConnectionsError);
    expect(() => countModelParameters({ ...TINY, wiring: { kind: 'frac', rate: 5 } })).toThrow(
      /wiring.rate = 5, got 16/,
    );
  });
});
