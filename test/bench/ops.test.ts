import { describe, expect, it } from 'vitest';
import { settleRatios } from '../../bench/harness/ratios.mjs';
import { countBytes } from '../../bench/ops/bytes.mjs';
import { chooseContenders, withKernels } from '../../bench/ops/contenders.mjs';
import { OVER, withRatios } from '../../bench/ops/measure.mjs';
import { DEFAULT, FULL, nameShape, parseShape } from '../../bench/ops/shapes.mjs';
import { isSlow } from '../../bench/ops/suite.mjs';
import { opsRow } from './row.js';

describe('shapes', () => {
  it('are words that say all', () => {
    expect(parseShape('499x999:dfc3p')).toEqual({
      ...{ tokens: 499, dim: 999, streams: 1, fractions: 3, dynamic: true, prenorm: true },
    });
    expect(parseShape('8x64:sjc2x4')).toMatchObject({ streams: 2, fractions: 4, dynamic: false });
    expect(parseShape('8x64:shc2')).toMatchObject({ streams: 2, fractions: 1, prenorm: false });
  });

  it.each([...DEFAULT, ...FULL])('%s is named as it was written, and can be cut', word => {
    const shape = parseShape(word);
    expect(nameShape(shape)).toBe(word);
    expect(shape.dim % shape.fractions).toBe(0);
  });

  it('are not any word', () => {
    expect(() => parseShape('8x64')).toThrow('a shape must be like 1024x1000:dfc4p');
  });
});

describe('countBytes', () => {
  const inRows = (op: string, pass: string, word: string) => {
    const shape = parseShape(word);
    return countBytes(op, pass, shape) / (4 * shape.tokens * shape.dim);
  };

  it.each([
    ['width', 2, 3],
    ['depth', 3, 5],
    ['depth_width', 4, 6],
    ['read', 2, 3],
    ['depth_read', 4, 6],
    ['connection', 5, 9], // 14 together: what NOTES.md counts
    ['residual', 3, 0],
  ])('%s moves %d rows forward and %d backward with one stream', (op, forward, backward) => {
    expect(inRows(op, 'forward', '7x64:sfc4')).toBe(forward);
    expect(inRows(op, 'backward', '7x64:sfc4')).toBe(backward);
    expect(inRows(op, 'both', '7x64:sfc4')).toBe(forward + backward);
  });

  it('counts a row for each stream of the state', () => {
    expect(inRows('width', 'forward', '7x64:shc4')).toBe(5);
    expect(inRows('depth', 'backward', '7x64:shc4')).toBe(3 * 4 + 2);
  });

  it('counts a token’s coefficients where they are dynamic: n (m + n) and n', () => {
    const more =
      countBytes('width', 'forward', parseShape('7x64:dfc4')) -
      countBytes('width', 'forward', parseShape('7x64:sfc4'));
    expect(more).toBe(4 * 7 * (4 * 8 + 4));
    const given =
      countBytes('read', 'backward', parseShape('7x64:dfc4')) -
      countBytes('read', 'backward', parseShape('7x64:sfc4'));
    expect(given).toBe(2 * 4 * 7 * 4 * 8); // alpha alone, and its gradient
  });

  it('counts the norm of a residual', () => {
    expect(inRows('residual', 'both', '7x64:sfc1p')).toBe(8);
  });
});

describe('chooseContenders', () => {
  it('takes a path for all contenders on it', () => {
    expect(chooseContenders(['fallback', 'native'])).toEqual([
      ...['fallback-cpu', 'fallback-wasm', 'fallback-tensorflow', 'native'],
    ]);
  });

  it('refuses what is none', () => {
    expect(() => chooseContenders(['fast'])).toThrow('--paths must be of all');
  });
});

describe('withKernels', () => {
  it('takes neither compositions nor PyTorch, nor what runs without tfjs', () => {
    expect(withKernels(['fallback-cpu', 'native', 'tensorflow', 'cuda', 'torch-eager'])).toEqual([
      'native',
      'tensorflow',
    ]);
  });
});

describe('isSlow', () => {
  it('leaves compositions out of large shapes', () => {
    const large = parseShape('2048x1024:dhc4');
    expect(isSlow('fallback-cpu', 'width', large, true)).toBe(true);
    expect(isSlow('fallback-wasm', 'width', large, false)).toBe(true);
    expect(isSlow('fallback-wasm', 'width', large, true)).toBe(false);
    expect(isSlow('fallback-cpu', 'residual', large, true)).toBe(true);
    expect(isSlow('native', 'residual', large, true)).toBe(false);
    for (const name of ['native', 'tensorflow', 'torch-compile', 'cuda'])
      expect(isSlow(name, 'width', parseShape('262144x4096:dhc4'), false)).toBe(false);
    expect(isSlow('tensorflow', 'residual', parseShape('4096x4096:dhc4'), true)).toBe(false);
    expect(isSlow('fallback-cpu', 'width', parseShape('1x1024:dfc4'), false)).toBe(false);
  });
});

describe('ratios', () => {
  const rows = (changed: object = {}) => {
    const list = [
      opsRow({ path: 'fallback-tensorflow', us: 10, ...changed }),
      opsRow({ us: 2 }),
      opsRow({ op: 'residual', us: 4 }),
      opsRow({ op: 'residual', path: 'fallback-tensorflow', us: 5 }),
    ];
    return settleRatios(withRatios(list), OVER);
  };

  it('are over the composition and the residual of the same run and backend', () => {
    const [composition, kernel, residual] = rows();
    expect(kernel).toMatchObject({ ofComposition: 0.2, ofResidual: 0.5 });
    expect(composition).toMatchObject({ ofComposition: null, ofResidual: 2 });
    expect(residual.ofComposition).toBe(0.8);
  });

  it('are none over a noisy row', () => {
    const [, kernel] = rows({ noisy: true });
    expect(kernel).toMatchObject({ ofComposition: null, ofResidual: 0.5 });
  });
});
