import { checkInteger, checkNames, optionError } from '../common/check.js';
import { type ConnectionOptions, OPTION_NAMES } from '../contract/options.js';
import type { Mixing } from './mixing.js';

/** Options of every connection module. */
export interface ModuleOptions extends Omit<ConnectionOptions, 'streams' | 'fractions'> {
  /** Sets `dynamicAlpha` and `dynamicBeta` together. Either of these, if given, overrides it. Default true. */
  dynamic?: boolean;
  /**
   * Whether the layer's input is `RMSNorm(x) * prenormGamma`, so that the layer needs no pre-norm of its own. Default
   * false.
   */
  prenorm?: boolean;
  /**
   * Whether this is a connection. With `false`, it is the residual connection `h + f(h)`, or `h + f(RMSNorm(h))` with a pre-norm:
   * one stream, one fraction, and no weights but `prenormGamma`. Where there are kernels, one of them computes the
   * norm. A network's state is `[..., dim]` then, also where it has streams otherwise. Default true.
   */
  enabled?: boolean;
  /**
   * How segments mix. With `'identity'` they do not: A of Eq. 8 is the identity and is not learned, and the weights of alpha have only
   * the m columns Y. Default `'learned'`.
   */
  mixing?: Mixing;
  /** Standard deviation of the noise added to every initial weight. Default 0: the paper's initial weights. */
  perturb?: number;
  /** Seed of the noise. Default 0. */
  seed?: number;
}

/** Options of a {@link Connection}: any number of streams and fractions. */
export interface JointOptions extends ModuleOptions {
  /** Copies of the hidden state. Default 1. */
  streams?: number;
  /** Parts that each copy is split into. Default 1. */
  fractions?: number;
  /** Index of the layer in the network. At first the layer reads the stream `layerIndex mod streams`. Default 0. */
  layerIndex?: number;
}

/** The configuration of a connection as plain JSON. */
export type ConnectionJSON = { type: string } & Record<string, unknown>;

/** The names of {@link JointOptions}. */
export const MODULE_NAMES = [
  'dynamic',
  'prenorm',
  'enabled',
  'mixing',
  'perturb',
  'seed',
  'layerIndex',
  ...OPTION_NAMES,
];

/** Returns the options of a module that has a rate. Throws unless they are an object and the rate is valid. */
export function withRate<T extends { rate: number }>(name: string, options: T, max: number): T {
  checkObject(name, options);
  checkInteger(name, 'rate', options.rate, 1, max);
  return options;
}

/** Throws unless the options of a module are an object. */
export function checkObject(name: string, options: unknown): void {
  if (typeof options !== 'object' || options === null)
    throw optionError(name, 'options', 'must be an object', options);
}

/** Throws unless every option is one that modules have and that is not in `names`. */
export function refuse(name: string, options: object, names: string[]): void {
  checkNames(name, options, [...MODULE_NAMES.filter(each => !names.includes(each))]);
}

/** Throws unless each value is true, false or undefined. */
export function checkFlags(name: string, flags: Record<string, unknown>): void {
  for (const [flag, value] of Object.entries(flags)) {
    if (value !== undefined && typeof value !== 'boolean')
      throw optionError(name, flag, 'must be true or false', value);
  }
}

/** Throws unless these are valid options of the initial noise. */
export function checkNoise(name: string, perturb: unknown, seed: unknown): void {
  if (!(typeof perturb === 'number' && perturb >= 0 && Number.isFinite(perturb))) {
    throw optionError(name, 'perturb', 'must be a finite number, 0 or more', perturb);
  }
  checkSeed(name, seed);
}

/** Throws unless a seed is a finite number. */
export function checkSeed(name: string, seed: unknown): void {
  if (typeof seed !== 'number' || !Number.isFinite(seed))
    throw optionError(name, 'seed', 'must be a finite number', seed);
}

/** The options in the JSON of a module. Throws unless its `type` is the one expected. */
export function jsonOptions(type: string, json: ConnectionJSON): Record<string, unknown> {
  if (typeof json !== 'object' || json === null || json.type !== type) {
    const got = typeof json === 'object' && json !== null ? json.type : json;
    throw optionError(`${type}.fromJSON`, 'type', `must be '${type}'`, got);
  }
  const { type: _type, ...options } = json;
  return options;
}
