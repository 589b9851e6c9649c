import fc from 'fast-check';
import { Random } from '../../lib/common/random.js';
import {
  type ConnectionOptions,
  type OpOptions,
  type ResolvedOptions,
  resolveOptions,
} from '../../lib/contract/options.js';
import { type WeightName, weightShapes } from '../../lib/contract/weights.js';
import type { Numbers } from './oracle.js';

/** A connection, how many tokens in what shape, and a seed for its values. */
export interface Setting {
  options: ConnectionOptions;
  lead: number[];
  prenorm: boolean;
  seed: number;
}

const sizes = fc.constantFrom(
  [1, 1],
  [1, 2],
  [1, 3],
  [1, 4],
  [1, 8],
  [2, 1],
  [3, 1],
  [4, 1],
  [2, 2],
  [2, 3],
  [3, 2],
  [2, 4],
);

/** Every kind of connection, in sizes small enough for finite differences: odd widths, one value, one token, no lead. */
export const setting = (maxWidth = 5): fc.Arbitrary<Setting> =>
  fc
    .record({
      size: sizes,
      width: fc.integer({ min: 1, max: maxWidth }),
      dynamicAlpha: fc.boolean(),
      dynamicBeta: fc.boolean(),
      tanh: fc.boolean(),
      scale: fc.boolean(),
      norm: fc.constantFrom('rms' as const, 'layer' as const, 'none' as const),
      lead: fc.constantFrom<number[][]>([], [1], [3], [2, 2], [1, 2, 1, 2]),
      prenorm: fc.boolean(),
      seed: fc.nat(),
    })
    .map(({ size: [streams, fractions], width, lead, prenorm, seed, ...flags }) => ({
      options: { dim: width * fractions!, streams, fractions, ...flags, epsilon: 1e-3, prenormEpsilon: 1e-3 },
      lead,
      prenorm,
      seed,
    }));

/** Values of a shape, float32-exact, none of them special. */
export function values(random: Random, shape: readonly number[], spread = 1, middle = 0): Float64Array {
  const size = shape.reduce((product, each) => product * each, 1);
  return Float64Array.from({ length: size }, () => Math.fround(middle + spread * random.normal()));
}

/** Weights away from their initial values. */
export function weightValues(random: Random, o: ResolvedOptions, prenorm: boolean): Numbers {
  const shapes = Object.entries(weightShapes(o, prenorm)) as [WeightName, readonly number[]][];
  return Object.fromEntries(
    shapes.map(([name, shape]) => [name, values(random, shape, 0.4, /Gamma|scale/.test(name) ? 0.8 : 0)]),
  );
}

/** A connection with given coefficients, each a token's own or shared, over any numbers of segments and blocks. */
export interface GivenSetting {
  options: OpOptions;
  lead: number[];
  prenorm: boolean;
  own: { alpha: boolean; beta: boolean; nextAlpha: boolean };
  seed: number;
}

export const givenSetting = (maxWidth = 5): fc.Arbitrary<GivenSetting> =>
  fc
    .record({
      segments: fc.integer({ min: 1, max: 7 }),
      fractions: fc.integer({ min: 1, max: 5 }),
      width: fc.integer({ min: 1, max: maxWidth }),
      lead: fc.constantFrom<number[][]>([], [1], [3], [2, 2], [1, 2, 1, 2]),
      prenorm: fc.boolean(),
      own: fc.record({ alpha: fc.boolean(), beta: fc.boolean(), nextAlpha: fc.boolean() }),
      seed: fc.nat(),
    })
    .map(({ segments, fractions, width, ...rest }) => ({
      options: { dim: width * fractions, segments, fractions, prenormEpsilon: 1e-3 },
      ...rest,
    }));

/** A setting with its values, and their shapes. */
export function realiseGiven({ options, lead, prenorm, own, seed }: GivenSetting) {
  const o = resolveOptions('test', options);
  const random = new Random(seed);
  const rule = [o.n, o.m + o.n];
  const of = (perToken: boolean) => (perToken ? lead : []);
  const shapes: Record<string, readonly number[]> = {
    h: [...lead, o.n * o.c],
    y: [...lead, o.dim],
    alpha: [...of(own.alpha), ...rule],
    beta: [...of(own.beta), o.n],
    nextAlpha: [...of(own.nextAlpha), ...rule],
    ...(prenorm && { prenormGamma: [o.dim] }),
  };
  const inputs: Numbers = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      values(random, shape, 0.7, name === 'prenormGamma' ? 0.8 : 0),
    ]),
  );
  const tokens = lead.reduce((product, each) => product * each, 1);
  return { o, random, shapes, inputs, tokens };
}

/** A setting with its values: h, y, weights, and their shapes. */
export function realise({ options, lead, prenorm, seed }: Setting) {
  const o = resolveOptions('test', options);
  const random = new Random(seed);
  const shapes: Record<string, readonly number[]> = {
    h: [...lead, o.streams * o.dim],
    y: [...lead, o.dim],
    ...weightShapes(o, prenorm),
  };
  const inputs: Numbers = {
    h: values(random, shapes.h!),
    y: values(random, shapes.y!),
    ...weightValues(random, o, prenorm),
  };
  const tokens = lead.reduce((product, each) => product * each, 1);
  return { o, random, shapes, inputs, tokens };
}
