import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { FracConnectionsError } from '../../lib/common/errors.js';
import { Connection } from '../../lib/connections/connection.js';
import { type CountOptions, countFlops, countParameters } from '../../lib/connections/count.js';

/** OLMo-1B: 16 layers, a connection at attention and at the feed-forward network of each. */
const olmo = { dim: 2048, sites: 32 };
const fixed = { dynamicAlpha: false, dynamicBeta: false };

/** Every combination of flags, for a few sizes. */
function* combinations(): Generator<CountOptions> {
  const sizes = [
    { dim: 12, streams: 1, fractions: 4 },
    { dim: 6, streams: 3, fractions: 1 },
    { dim: 8, streams: 2, fractions: 2 },
    { dim: 5, streams: 1, fractions: 1 },
  ];
  for (const size of sizes) {
    for (const norm of ['rms', 'layer', 'none'] as const) {
      for (let bits = 0; bits < 32; bits++) {
        const [dynamicAlpha, dynamicBeta, tanh, scale, prenorm] = [1, 2, 4, 8, 16].map(b => (bits & b) > 0);
        yield { ...size, norm, dynamicAlpha, dynamicBeta, tanh, scale, prenorm };
      }
    }
  }
}

const sizeOf = (tensors: (tf.Tensor | undefined)[]) =>
  tensors.reduce((total, tensor) => total + (tensor?.size ?? 0), 0);

describe('countParameters', () => {
  // Numbers of arXiv 2503.14125 and of its formulas.
  it.each([
    ['DFCx2', { fractions: 2 }, 196_992],
    ['DFCx4', { fractions: 4 }, 165_056],
    ['DFCx8', { fractions: 8 }, 151_872],
    ['DFCx4 with a LayerNorm that has a bias', { fractions: 4, norm: 'layer' }, 181_440],
    ['SFCx2', { fractions: 2, ...fixed }, 320],
    ['SFCx4', { fractions: 4, ...fixed }, 1_152],
    ['SFCx8', { fractions: 8, ...fixed }, 4_352],
    // OLMo-1B's norms have no weights, so arXiv 2409.19606 counts none for its connections either.
    ['DHCx4 without norm weights', { streams: 4, norm: 'none' }, 394_048],
    ['DHCx4', { streams: 4 }, 394_048 + 32 * 2048],
  ] as const)('is what the papers count for %s in OLMo-1B', (_, options, total) => {
    expect(countParameters({ ...olmo, ...options }).total).toBe(total);
  });

  it('follows m(2m+1) and norm d/m + (d/m)(2m+1) + m(2m+1) + 2 for every rate', () => {
    for (let m = 1; m <= 8; m++) {
      const dim = 24 * m;
      expect(countParameters({ dim, fractions: m, ...fixed }).total).toBe(m * (2 * m + 1));
      expect(countParameters({ dim, fractions: m }).total).toBe(24 + 24 * (2 * m + 1) + m * (2 * m + 1) + 2);
    }
  });

  it('is the size of a module for every combination of flags', () => {
    for (const options of combinations()) {
      const connection = new Connection(options);
      const { weights: w } = connection;
      const what = JSON.stringify(options);
      expect(countParameters({ ...options, sites: 3 }), what).toEqual({
        static: 3 * sizeOf([w.staticAlpha, w.staticBeta]),
        dynamic: 3 * sizeOf([w.wAlpha, w.wBeta, w.scaleAlpha, w.scaleBeta]),
        norm: 3 * sizeOf([w.normGamma, w.normBeta]),
        prenorm: 3 * sizeOf([w.prenormGamma]),
        total: 3 * sizeOf([...connection.staticWeights, ...connection.dynamicWeights]),
      });
      connection.dispose();
    }
  });
});

describe('countFlops', () => {
  it("gives Table 2's 0.0013 G for DFCx4 in OLMo-1B", () => {
    const { total } = countFlops({ ...olmo, fractions: 4 });
    expect(total).toBe(1_310_720);
    expect((total / 1e9).toFixed(4)).toBe('0.0013');
  });

  it('counts each part by its formula', () => {
    // n = 6 segments of c = 4 values, m = 2 blocks: 24 values in h.
    const joint = { dim: 8, streams: 3, fractions: 2 };
    const dynamic = { norm: 48, projections: 24 * 8 + 24, read: 48, mix: 144, write: 24, prenorm: 0 };
    expect(countFlops(joint)).toEqual({ ...dynamic, total: 480 });
    expect(countFlops({ ...joint, sites: 5 }).total).toBe(5 * 480);
    expect(countFlops({ ...joint, norm: 'layer' })).toEqual({ ...dynamic, norm: 72, total: 504 });
    expect(countFlops({ ...joint, norm: 'none' })).toEqual({ ...dynamic, norm: 0, total: 432 });
    expect(countFlops({ ...joint, prenorm: true })).toEqual({ ...dynamic, prenorm: 16, total: 496 });
    expect(countFlops({ ...joint, dynamicBeta: false }).projections).toBe(24 * 8);
    expect(countFlops({ ...joint, dynamicAlpha: false }).projections).toBe(24);
    const still = { ...dynamic, norm: 0, projections: 0 };
    expect(countFlops({ ...joint, ...fixed })).toEqual({ ...still, total: 48 + 144 + 24 });
  });
});

it.each([countParameters, countFlops])('%o allocates nothing', count => {
  const before = tf.memory().numTensors;
  count({ dim: 2 ** 40, fractions: 8 });
  expect(tf.memory().numTensors).toBe(before);
});

it.each([
  [{ dim: 10, fractions: 4 }, 'dim must be a multiple of fractions = 4, got 10'],
  [{ dim: 8, sites: 1.5 }, 'sites must be an integer, 0 or more, got 1.5'],
  [{ dim: 8, prenorm: 1 }, 'prenorm must be true or false, got 1'],
  [{ dim: 8, epsilon: Number.NaN }, 'epsilon must be a finite number, 0 or more, got NaN'],
  [null, 'options must be an object, got null'],
])('%o is refused', (options, message) => {
  for (const count of [countParameters, countFlops]) {
    const run = () => count(options as CountOptions);
    expect(run).toThrow(FracConnectionsError);
    expect(run).toThrow(`${count.name}: ${message}`);
  }
  expect(() => countFlops({ dim: 8, rate: 2 } as CountOptions)).toThrow("unknown option 'rate'");
});
