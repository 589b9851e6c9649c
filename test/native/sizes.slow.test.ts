import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, test } from 'vitest';
import type { Stem } from '../../lib/contract/ops.js';
import { OPS } from '../../lib/contract/ops.js';
import { type Norm, resolveOptions } from '../../lib/contract/options.js';
import { addon } from './addon.js';
import { type Arrays, apart, makeRun, type Run, runOn } from './kernels.js';

const STEMS = Object.keys(OPS) as Stem[];
const NORMS: Norm[] = ['rms', 'layer', 'none'];
const TOKENS = [0, 1, 2, 3, 63, 64, 65];

/** Every [n, m] of streams, and some of segments that are none: fewer than m, one more, one less than two streams. */
const PAIRS = [
  ...Array.from({ length: 16 }, (_, i) => i + 1).flatMap(n =>
    [1, 2, 3, 4, 5, 6, 7, 8].filter(m => n % m === 0).map(m => [n, m] as const),
  ),
  ...([
    [2, 3],
    [3, 2],
    [5, 4],
    [7, 4],
    [6, 8],
    [15, 8],
    [16, 7],
  ] as const),
];

/** Setting number i of a list that goes through all flags. */
function setting(i: number, n: number, m: number, c: number, tokens: number, stem: Stem): Run {
  const bit = (b: number) => ((i >> b) & 1) === 1;
  const options = {
    ...{ dim: m * c, segments: n, fractions: m, norm: NORMS[i % 3]!, epsilon: 1e-3, prenormEpsilon: 1e-3 },
    ...{ dynamicAlpha: bit(0), dynamicBeta: bit(1), tanh: !bit(2), scale: !bit(3) },
  };
  const o = resolveOptions('test', options);
  return makeRun(
    stem,
    o,
    tokens,
    bit(4),
    { alphaPerToken: bit(5), betaPerToken: bit(6), readPerToken: bit(0), state: bit(7) },
    i + 1,
  );
}

const largest = (arrays: Arrays) =>
  Math.max(
    ...Object.entries(arrays)
      .filter(([name]) => name.startsWith('d.'))
      .map(([, values]) => Math.hypot(...values.subarray(0, 1e4))),
  );

function compare(run: Run, what: string): void {
  const want = runOn('fallback', run);
  const floor = Math.max(1, largest(want.arrays) * 0.02);
  for (const target of addon!.info().targets) {
    addon!.setTarget(target);
    const got = runOn('native', run);
    expect(got.shapes, what).toEqual(want.shapes);
    for (const [name, values] of Object.entries(want.arrays)) {
      const gradient = name.startsWith('d.');
      const distance = apart(got.arrays[name]!, values, gradient ? floor : 1);
      if (!(distance < (gradient ? 1e-4 : 1e-5))) {
        expect.fail(
          `${what}, ${run.stem} on ${target}, ${JSON.stringify(run.o)}: ${name} is off by ${distance}`,
        );
      }
    }
  }
}

describe.runIf(addon)('native kernels against the fallback, on every instruction set', () => {
  afterAll(() => addon!.setTarget('auto'));
  let i = 0;

  test.each(STEMS)('%s: every n and m, all flags and norms', stem => {
    for (const [n, m] of PAIRS) {
      for (let more = 0; more < 4; more++) {
        i += 37; // co-prime to 256 and 3: comes by every combination of flags
        const c = 1 + (i % 23);
        const tokens = TOKENS[i % TOKENS.length]!;
        tf.tidy(() => compare(setting(i, n, m, c, tokens, stem), `n ${n}, m ${m}, c ${c}, ${tokens} tokens`));
      }
    }
  });

  test.each(STEMS)('%s: widths from 1 to 70', stem => {
    for (let c = 1; c <= 70; c++) {
      const [n, m] = PAIRS[(c * 7) % PAIRS.length]!;
      i += 37;
      tf.tidy(() => compare(setting(i, n, m, c, 1 + (c % 3), stem), `n ${n}, m ${m}, c ${c}`));
    }
  });

  test.each(STEMS)('%s: a thousand tokens', stem => {
    for (const [n, m] of [
      [4, 4],
      [3, 3],
      [6, 3],
      [16, 8],
      [2, 1],
      [1, 1],
    ] as const) {
      i += 37;
      tf.tidy(() => compare(setting(i, n, m, 9, 1000, stem), `n ${n}, m ${m}, 1000 tokens`));
    }
  });
});

describe.runIf(addon)('native kernels give the same bits', () => {
  const before = addon?.info().threads ?? 1;
  afterAll(() => {
    addon!.setTarget('auto');
    addon!.setThreads(before);
  });

  test.each(STEMS)('%s: with any number of threads, and again', stem => {
    tf.tidy(() => {
      for (const [n, m, i] of [
        [4, 4, 3],
        [4, 1, 19],
        [6, 3, 51],
        [2, 2, 16],
      ] as const) {
        const run = setting(i, n, m, 33, 1500, stem);
        for (const target of addon!.info().targets) {
          addon!.setTarget(target);
          addon!.setThreads(1);
          const first = runOn('native', run).arrays;
          for (const threads of [1, 2, 3, 7, 2]) {
            addon!.setThreads(threads);
            const again = runOn('native', run).arrays;
            for (const [name, values] of Object.entries(first)) {
              const same = Buffer.compare(bytes(values), bytes(again[name]!)) === 0;
              expect(same, `${name} on ${target} with ${threads} threads`).toBe(true);
            }
          }
        }
      }
    });
  });
});

const bytes = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
