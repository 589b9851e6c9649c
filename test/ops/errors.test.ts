import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { FracConnectionsError } from '../../lib/common/errors.js';
import type { ConnectionOptions } from '../../lib/contract/options.js';
import type { ConnectionWeights } from '../../lib/contract/weights.js';
import { fracDepth } from '../../lib/ops/frac_depth.js';
import { fracDepthRead } from '../../lib/ops/frac_depth_read.js';
import { fracDepthWidth } from '../../lib/ops/frac_depth_width.js';
import { fracRead } from '../../lib/ops/frac_read.js';
import { fracWidth } from '../../lib/ops/frac_width.js';

const still = { dim: 8, fractions: 2, dynamicAlpha: false, dynamicBeta: false } satisfies ConnectionOptions;
let t: ReturnType<typeof make>;
const make = () => ({
  h: tf.zeros([2, 3, 8]),
  y: tf.zeros([2, 3, 8]),
  alpha: tf.zeros([2, 4]),
  beta: tf.zeros([2]),
  narrow: tf.zeros([2, 3, 7]),
  ints: tf.zeros([2, 3, 8], 'int32'),
  gone: tf.zeros([2, 3, 8]),
});
const weights = (more: object = {}) =>
  ({ staticAlpha: t.alpha, staticBeta: t.beta, ...more }) as ConnectionWeights;
const width = (options: object, more: object = {}, h: unknown = t.h) =>
  fracWidth(h as tf.Tensor, weights(more), { ...still, ...options } as ConnectionOptions);
const depth = (more: object) => {
  const { h, y, alpha, beta } = { ...t, ...more };
  return fracDepth(h, y, alpha, beta, still);
};

// [what is wrong, code, message, call]
const cases: [string, string, string, () => unknown][] = [
  ['h too narrow', 'ERR_SHAPE', 'fracWidth: h must be [..., 8], got [2,3,7]', () => width({}, {}, t.narrow)],
  ['h of integers', 'ERR_DTYPE', 'fracWidth: h must be float32, got int32', () => width({}, {}, t.ints)],
  ['h disposed', 'ERR_DISPOSED', 'fracWidth: h must not be disposed', () => width({}, {}, t.gone)],
  ['h an array', 'ERR_DTYPE', 'fracWidth: h must be a tf.Tensor, got an array', () => width({}, {}, [1, 2])],
  [
    'h missing',
    'ERR_DTYPE',
    'fracWidth: h must be a tf.Tensor, got undefined',
    () => fracWidth(undefined!, weights(), still),
  ],
  ['h a scalar', 'ERR_SHAPE', 'fracWidth: h must be [..., 8], got []', () => width({}, {}, tf.scalar(1))],
  [
    'dim not divisible',
    'ERR_OPTION',
    'fracWidth: dim must be a multiple of fractions = 2, got 9',
    () => width({ dim: 9 }),
  ],
  [
    'dim a fraction',
    'ERR_OPTION',
    'fracWidth: dim must be an integer, 1 or more, got 8.5',
    () => width({ dim: 8.5 }),
  ],
  [
    'too many fractions',
    'ERR_OPTION',
    'fracWidth: fractions must be an integer from 1 to 8, got 9',
    () => width({ fractions: 9 }),
  ],
  [
    'too many segments',
    'ERR_OPTION',
    'fracWidth: streams * fractions must be at most 16, got 32',
    () => width({ streams: 16 }),
  ],
  [
    'a NaN epsilon',
    'ERR_OPTION',
    'fracWidth: epsilon must be a finite number, 0 or more, got NaN',
    () => width({ epsilon: Number.NaN }),
  ],
  [
    'a negative epsilon',
    'ERR_OPTION',
    'fracWidth: prenormEpsilon must be a finite number, 0 or more, got -1',
    () => width({ prenormEpsilon: -1 }),
  ],
  [
    'an unknown norm',
    'ERR_OPTION',
    `fracWidth: norm must be 'rms', 'layer' or 'none', got "l2"`,
    () => width({ norm: 'l2' }),
  ],
  [
    'a flag that is none',
    'ERR_OPTION',
    'fracWidth: tanh must be true or false, got 1',
    () => width({ tanh: 1 }),
  ],
  [
    'no options',
    'ERR_OPTION',
    'fracWidth: options must be an object, got undefined',
    () => fracWidth(t.h, weights(), undefined!),
  ],
  [
    'an unknown option',
    'ERR_OPTION',
    "fracWidth: unknown option 'rate'; the options are dim, ",
    () => width({ rate: 2 }),
  ],
  [
    'a weight missing',
    'ERR_WEIGHTS',
    'fracWidth: weights.wAlpha is missing; a connection with dynamicAlpha true',
    () => width({ dynamicAlpha: true, norm: 'none' }),
  ],
  [
    'a weight too many',
    'ERR_WEIGHTS',
    'fracWidth: weights.wBeta does not belong to a connection with dynamicAlpha false',
    () => width({}, { wBeta: tf.zeros([4]) }),
  ],
  [
    'a weight transposed',
    'ERR_SHAPE',
    'fracWidth: weights.staticAlpha must be [2, 4], got [4,2]',
    () => width({}, { staticAlpha: tf.zeros([4, 2]) }),
  ],
  [
    'a prenorm of other width',
    'ERR_SHAPE',
    'fracWidth: weights.prenormGamma must be [8], got [4]',
    () => width({}, { prenormGamma: tf.zeros([4]) }),
  ],
  [
    'no weights',
    'ERR_WEIGHTS',
    'fracWidth: weights must be an object, got undefined',
    () => fracWidth(t.h, undefined!, still),
  ],
  [
    'y of other tokens',
    'ERR_SHAPE',
    'fracDepth: y must be [2, 3, 8], got [3,2,8]',
    () => depth({ y: tf.zeros([3, 2, 8]) }),
  ],
  [
    'alpha of other tokens',
    'ERR_SHAPE',
    'fracDepth: alpha must be [2, 4] or [2, 3, 2, 4], got [3,2,2,4]',
    () => depth({ alpha: tf.zeros([3, 2, 2, 4]) }),
  ],
  [
    'beta of other size',
    'ERR_SHAPE',
    'fracDepth: beta must be [2] or [2, 3, 2], got [3]',
    () => depth({ beta: tf.zeros([3]) }),
  ],
  [
    'a next weight of another configuration',
    'ERR_SHAPE',
    'fracDepthWidth: nextWeights.staticBeta must be [2], got [4]',
    () => fracDepthWidth(t.h, t.y, t.alpha, t.beta, weights({ staticBeta: tf.zeros([4]) }), still),
  ],
  [
    'alpha to read with of other tokens',
    'ERR_SHAPE',
    'fracRead: alpha must be [2, 4] or [2, 3, 2, 4], got [3,2,4]',
    () => fracRead(t.h, tf.zeros([3, 2, 4]), still),
  ],
  [
    'a state of other segments',
    'ERR_SHAPE',
    'fracRead: h must be [..., 12], got [2,3,8]',
    () => fracRead(t.h, t.alpha, { dim: 8, fractions: 2, segments: 3 }),
  ],
  [
    'a gain of other width',
    'ERR_SHAPE',
    'fracRead: prenormGamma must be [8], got [4]',
    () => fracRead(t.h, t.alpha, still, { prenormGamma: tf.zeros([4]) }),
  ],
  [
    'an unknown weight to read with',
    'ERR_OPTION',
    "fracRead: unknown option 'gamma'; the options are prenormGamma",
    () => fracRead(t.h, t.alpha, still, { gamma: t.beta } as object),
  ],
  [
    'weights to read with that are none',
    'ERR_OPTION',
    'fracRead: weights must be an object, got null',
    () => fracRead(t.h, t.alpha, still, null!),
  ],
  [
    'a next alpha transposed',
    'ERR_SHAPE',
    'fracDepthRead: nextAlpha must be [2, 4] or [2, 3, 2, 4], got [4,2]',
    () => fracDepthRead(t.h, t.y, t.alpha, t.beta, tf.zeros([4, 2]), still),
  ],
  [
    'segments and streams',
    'ERR_OPTION',
    'fracRead: segments must not be given together with streams, got 2',
    () => fracRead(t.h, t.alpha, { ...still, streams: 1, segments: 2 }),
  ],
  [
    'too many segments by themselves',
    'ERR_OPTION',
    'fracRead: segments must be an integer from 1 to 16, got 17',
    () => fracRead(t.h, t.alpha, { ...still, segments: 17 }),
  ],
];

describe('bad input is one error that names function, rule and what it got', () => {
  it.each(cases.map(([what, ...rest]) => [what, rest] as const))('%s', (_, [code, message, call]) => {
    t ??= make();
    if (!t.gone.isDisposed) t.gone.dispose();
    let thrown: unknown;
    try {
      tf.tidy(() => void call());
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(FracConnectionsError);
    expect((thrown as FracConnectionsError).message).toContain(message);
    expect((thrown as FracConnectionsError).code).toBe(code);
  });

  it('is noticed when options are changed after use', () => {
    const options: ConnectionOptions = { ...still };
    tf.tidy(() => void fracWidth(t.h, weights(), options));
    options.fractions = 4;
    expect(() => fracWidth(t.h, weights(), options)).toThrow('weights.staticAlpha must be [4, 8], got [2,4]');
  });

  afterAll(() => tf.dispose(Object.values(t).filter(each => !each.isDisposed)));
});
