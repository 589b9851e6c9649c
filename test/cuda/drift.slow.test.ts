import { afterEach, describe, expect, test } from 'vitest';
import type { Stem } from '../../lib/contract/ops.js';
import { type ConnectionOptions, resolveOptions } from '../../lib/contract/options.js';
import { constantTokens } from '../native/tokens.js';
import { emulated, emulator, open } from './machine.js';
import { call, download, upload } from './ops.js';

// As test/native/drift.slow.test.ts: many tokens of one sign are as many times what one is.

describe.runIf(emulated)('sums over many tokens, on a device', () => {
  afterEach(() => emulator.reset());

  // Sizes of a common kernel variant and of the general one. The emulated device has two multiprocessors.
  test.each<[Stem, number, number, number, Partial<ConnectionOptions>]>([
    ['frac_width', 60_000, 2, 2, { dynamicAlpha: false, dynamicBeta: false }],
    ['frac_width', 10_000, 3, 3, {}],
    ['frac_depth', 60_000, 2, 2, {}],
  ])('%s of %i tokens of dim %i, %i fractions, %o', async (stem, tokens, dim, fractions, options) => {
    using device = open();
    const o = resolveOptions('test', { dim, fractions, ...options });
    const { many, one } = constantTokens(stem, o, tokens, false);
    const single = await download(call(await upload(device, one, 'float32'), one));
    const got = await download(call(await upload(device, many, 'float32'), many));
    for (const [name, each] of Object.entries(single)) {
      const sum = got[name]!;
      if (!name.startsWith('d.') || sum.length !== each.length) continue; // a value for each token
      const most = Math.max(...each.map(Math.abs)) * tokens || 1;
      each.forEach((value, i) => {
        expect(Math.abs(sum[i]! - value * tokens) / most, `${name}[${i}]`).toBeLessThan(5e-6);
      });
    }
  });
});
