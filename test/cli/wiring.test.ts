import { describe, expect, test } from 'vitest';
import { parseWiring, parseWirings } from '../../lib/cli/wiring.js';

const read = (text: string, rate?: number) => parseWiring('--wiring', text, rate);

describe('parseWiring', () => {
  test.each([
    ['residual', 'residual', 'residual', { kind: 'residual' }],
    ['sfc4', 'sfc4', 'SFCx4', { kind: 'frac', rate: 4, dynamic: false }],
    ['DFC', 'dfc3', 'DFCx3', { kind: 'frac', rate: 3, dynamic: true }],
    ['shc2', 'shc2', 'SHCx2', { kind: 'hyper', rate: 2, dynamic: false }],
    ['dhc16', 'dhc16', 'DHCx16', { kind: 'hyper', rate: 16, dynamic: true }],
    ['mhc', 'mhc3', 'mHCx3', { kind: 'manifold', rate: 3 }],
    ['MHC4i', 'mhc4i', 'mHCx4i', { kind: 'manifold', rate: 4, mixing: 'identity' }],
    ['dhc4i', 'dhc4i', 'DHCx4i', { kind: 'hyper', rate: 4, dynamic: true, mixing: 'identity' }],
    [
      'DFCi-no-tanh',
      'dfc3i-no-tanh',
      'DFCx3i no tanh',
      { kind: 'frac', rate: 3, dynamic: true, tanh: false, mixing: 'identity' },
    ],
    ['dfc2-no-tanh', 'dfc2-no-tanh', 'DFCx2 no tanh', { kind: 'frac', rate: 2, dynamic: true, tanh: false }],
    [
      'dfc-no-scale-no-norm',
      'dfc3-no-scale-no-norm',
      'DFCx3 no scale no norm',
      { kind: 'frac', rate: 3, dynamic: true, scale: false, norm: 'none' },
    ],
    [
      'dfc8-no-dynamic-alpha-layer-norm',
      'dfc8-no-dynamic-alpha-layer-norm',
      'DFCx8 no dynamic alpha layer norm',
      { kind: 'frac', rate: 8, dynamic: true, dynamicAlpha: false, norm: 'layer' },
    ],
  ])('%s', (text, slug, label, wiring) => {
    expect(read(text, 3)).toEqual({ slug, label, wiring });
  });

  test('flags give the same wiring as suffixes; what is on by default changes nothing', () => {
    const flags = { tanh: false, scale: true, norm: 'none' as const };
    expect(parseWiring('--wiring', 'dfc', 2, flags)).toEqual(read('dfc2-no-tanh-no-norm'));
    expect(parseWiring('--wiring', 'sfc', 2, { scale: true, norm: 'rms' })).toEqual(read('sfc2'));
  });

  test.each([
    ['gfc4', /--wiring must be residual, sfc, dfc, shc, dhc or mhc.*got 'gfc4'/],
    ['dfc4-no-thing', /no-tanh.*got 'dfc4-no-thing'/],
    ['dfc4-no-tanhs', /got 'dfc4-no-tanhs'/],
    ['', /got ''/],
    ['dfc9', /rate of dfc must be from 1 to 8, got 9/],
    ['dhc17', /rate of dhc must be from 1 to 16, got 17/],
    ['sfc0', /got 0/],
    ['residual4', /residual has no rate/],
    ['mhc4-no-tanh', /no-tanh is only for the dynamic wirings/],
    ['mhc17', /rate of mhc must be from 1 to 16, got 17/],
    ['residuali', /residual has no rate and no mixing/],
    ['sfc4-no-tanh', /no-tanh is only for the dynamic wirings/],
    ['residual-no-norm', /no-norm is only for the dynamic wirings/],
  ])('refuses %s', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});

describe('parseWirings', () => {
  test('reads a list', () => {
    const slugs = parseWirings('--wirings', 'residual, sfc,dfc2', 8).map(wiring => wiring.slug);
    expect(slugs).toEqual(['residual', 'sfc8', 'dfc2']);
  });

  test('refuses one named twice, however it is written', () => {
    expect(() => parseWirings('--wirings', 'dfc,residual,DFC4')).toThrow('--wirings: dfc4 is named twice');
  });
});
