import type { Norm, ResolvedOptions } from '../contract/options.js';

/** The sizes and options of a call, with the norm and the flags as the numbers below. */
export type Config = [
  tokens: number,
  n: number,
  m: number,
  c: number,
  norm: number,
  flags: number,
  epsilon: number,
  prenormEpsilon: number,
];

/** The values of `Norm` in native/common/config.h. */
const NORMS: Record<Norm, number> = { none: 0, rms: 1, layer: 2 };

/** The bits of `flags` in native/node/arguments.h. */
const FLAGS = { dynamicAlpha: 1, dynamicBeta: 2, tanh: 4, scale: 8 } as const;
const FLAG_NAMES = Object.keys(FLAGS) as (keyof typeof FLAGS)[];
const PRENORM = 16;
const ALPHA_PER_TOKEN = 32;
const BETA_PER_TOKEN = 64;
const READ_PER_TOKEN = 128;

/** Makes the first arguments of every native op. */
export function configOf(
  o: ResolvedOptions,
  given: {
    tokens: number;
    prenorm: boolean;
    /** Number of values of alpha and beta, the inputs of a depth connection. */
    alpha?: number;
    beta?: number;
    /** Number of values of the alpha that a layer reads with, if it is given. */
    read?: number;
  },
): Config {
  const { n, m, c } = o;
  let flags = given.prenorm ? PRENORM : 0;
  for (const name of FLAG_NAMES) if (o[name]) flags |= FLAGS[name];
  // With one token, static and per-token coefficients have the same number of values, and either form is right.
  if (given.alpha !== undefined && given.alpha !== n * (m + n)) flags |= ALPHA_PER_TOKEN;
  if (given.read !== undefined && given.read !== n * (m + n)) flags |= READ_PER_TOKEN;
  if (given.beta !== undefined && given.beta !== n) flags |= BETA_PER_TOKEN;
  return [given.tokens, n, m, c, NORMS[o.norm], flags, o.epsilon, o.prenormEpsilon];
}
