import type { ConnectionOptions } from '../../lib/contract/options.js';

/** A float64 tensor of a reference case. */
export interface Values {
  shape: number[];
  data: number[];
}

/** One reference case, as test/fixtures holds it: float64 results, inputs exact in float32. */
export interface Case {
  config: Required<Omit<ConnectionOptions, 'prenormEpsilon'>> & { name: string; layer_index: number };
  inputs: Record<string, Values>;
  outputs: Record<'x' | 'alpha' | 'beta' | 'out', Values>;
  grads: Record<string, Values>;
}

/** This package's name of what the reference calls `static_alpha`: `staticAlpha`. */
export const camel = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

/** The options of a case. */
export function optionsOf({ config }: Case): ConnectionOptions {
  const { dim, streams, fractions, dynamicAlpha, dynamicBeta, tanh, scale, norm, epsilon } = config;
  return { dim, streams, fractions, dynamicAlpha, dynamicBeta, tanh, scale, norm, epsilon };
}

/** Names of the weights in a case, as this package spells them, with their values. */
export function weightsOf({ inputs }: Case): Record<string, Values> {
  const data = ['h', 'y', 'grad_x', 'grad_out'];
  const weights = Object.entries(inputs).filter(([name]) => !data.includes(name));
  return Object.fromEntries(weights.map(([name, values]) => [camel(name), values]));
}

/** The reference's name of a weight: `staticAlpha` is `static_alpha`. */
export const snake = (name: string) => name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);
