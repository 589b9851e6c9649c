import { describe, expect, it } from 'vitest';
import { claimTable, keptRows, movedOverResidual, streamsOf } from '../../bench/models/claim.mjs';
import { modelsOf, parseSizes, parseWiring, WIRINGS } from '../../bench/models/models.mjs';
import { OVER, withRatios } from '../../bench/models/suite.mjs';
import { modelsTables } from '../../bench/models/table.mjs';
import { modelsRow } from './row.js';

describe('words', () => {
  it('are wirings', () => {
    expect(WIRINGS).toHaveLength(11);
    expect(parseWiring('residual')).toEqual({ kind: 'residual' });
    expect(parseWiring('sfc8')).toEqual({ kind: 'frac', rate: 8, dynamic: false });
    expect(parseWiring('dhc2')).toEqual({ kind: 'hyper', rate: 2, dynamic: true });
    expect(() => parseWiring('dfc')).toThrow('got dfc');
    expect(() => parseWiring('dfc0')).toThrow('got dfc0');
  });

  it('are sizes, which go for both kinds of models', () => {
    expect(parseSizes('dim=64,batch=2')).toEqual({ dim: 64, batch: 2 });
    expect(() => parseSizes('width=64')).toThrow('got width=64');
    expect(() => parseSizes('dim=0')).toThrow('got dim=0');
    const { dense, moe } = modelsOf(false, { dim: 64 });
    expect(dense).toMatchObject({ dim: 64 });
    expect(moe).toMatchObject({ dim: 64, ffnDim: 64, experts: 8 });
  });
});

describe('the claim', () => {
  it('has one state for Frac-Connections and n for Hyper-Connections', () => {
    expect(['residual', 'dfc8', 'shc2', 'dhc4'].map(streamsOf)).toEqual([1, 1, 2, 4]);
  });

  it('counts bytes over those of add and RMSNorm', () => {
    const sizes = { dim: 64 };
    expect(movedOverResidual({ wiring: 'residual', sizes })).toBe(1);
    expect(movedOverResidual({ wiring: 'sfc4', sizes })).toBe(14 / 8);
    // Rows of all streams: h and h' in three, h, dH', dH and what depth hands to width in six; x, y, dX, y, dY are one each.
    expect(movedOverResidual({ wiring: 'shc4', sizes })).toBe((9 * 4 + 5) / 8);
  });

  it('tells what is kept in rows of the layers’ width', () => {
    const sizes = { dim: 16, layers: 3, context: 5, batch: 2 };
    const row = { sizes, activationBytes: 1000 + 4 * 16 * 10 * 6 * 3 };
    expect(keptRows(row, { activationBytes: 1000 })).toBe(3);
  });

  it('is a line a wiring, and says nothing over a residual that was not measured', () => {
    const [residual, hyper] = claimTable([modelsRow({ wiring: 'residual' }), modelsRow({ wiring: 'dhc4' })]);
    expect(residual).toMatchObject({ 'state, widths': 1, 'kept, rows': '0.00' });
    expect(hyper).toMatchObject({ 'state, widths': 4 });
    expect(claimTable([modelsRow({ wiring: 'dhc4' })])[0]).toMatchObject({ 'kept, rows': '' });
  });
});

describe('tables of models', () => {
  it('keep sizes apart', () => {
    const small = modelsRow();
    const large = modelsRow({ sizes: { ...small.sizes, dim: 128 } });
    expect(modelsTables([small, large])).toHaveLength(4);
  });
});

describe('what a model’s time is over', () => {
  it('is residual of the same sizes, pass and path', () => {
    const residual = modelsRow({ wiring: 'residual' });
    expect(OVER.ofResidual(modelsRow(), residual)).toBe(true);
    const { sizes } = residual;
    for (const other of [
      { sizes: { ...sizes, dim: 8 } },
      { pass: 'inference' },
      { path: 'native' },
      { kind: 'moe' },
    ])
      expect(OVER.ofResidual(modelsRow(other), residual)).toBe(false);
  });
});

describe('tables of models without training', () => {
  it('are none', () => expect(modelsTables([modelsRow({ pass: 'inference' })])).toEqual([]));
});

describe('ratios of models', () => {
  it('are over residual in the same pass; what training keeps is not inference’s', () => {
    const both = (wiring: string, us: number) =>
      ['training', 'inference'].map(pass =>
        modelsRow({ wiring, pass, us, activationBytes: us, peakBytes: 5 }),
      );
    const [, , training, inference] = withRatios([...both('residual', 10), ...both('dfc4', 11)]);
    expect(training).toMatchObject({ ofResidual: 1.1, activationsOfResidual: 1.1, peakBytes: 5 });
    expect(inference).toMatchObject({ ofResidual: 1.1, activationsOfResidual: null, peakBytes: null });
  });
});
