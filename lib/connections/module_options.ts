import { checkInteger, checkNames, optionError } from '../common/check.js';
import { type ConnectionOptions, OPTION_NAMES } from '../contract/options.js';

/** What every connection module takes. */
export interface ModuleOptions extends Omit<ConnectionOptions, 'streams' | 'fractions'> {
  /** Sets `dynamicAlpha` and `dynamicBeta` together; either given by itself goes before it. Default true. */
  dynamic?: boolean;
  /** Whether x comes out as `RMSNorm(x) * prenormGamma`, so that the layer needs no pre-norm. Default false. */
  prenorm?: boolean;
  /** Standard deviation of seeded noise on every initial weight. Default 0: the paper's initialisation. */
  perturb?: number;
  /** Seed of that noise. Default 0. */
  seed?: number;
}

/** A {@link Connection}'s options: any number of streams and fractions. */
export interface JointOptions extends ModuleOptions {
  /** Copies of the hidden state. Default 1. */
  streams?: number;
  /** Parts each copy is cut into. Default 1. */
  fractions?: number;
  /** Place of the layer in the network; stream `layerIndex mod streams` is read first. Default 0. */
  layerIndex?: number;
}

/** A connection's configuration as plain JSON. */
export type ConnectionJSON = { type: string } & Record<string, unknown>;

/** The names of {@link JointOptions}. */
export const MODULE_NAMES = ['dynamic', 'prenorm', 'perturb', 'seed', 'layerIndex', ...OPTION_NAMES];

/** The options of a module that has a rate, once they are an object and the rate is one. */
export function withRate<T extends { rate: number }>(name: string, options: T, max: number): T {
  checkObject(name, options);
  checkInteger(name, 'rate', options.rate, 1, max);
  return options;
}

/** Throws unless a module's options are an object. */
export function checkObject(name: string, options: unknown): void {
  if (typeof options !== 'object' || options === null)
    throw optionError(name, 'options', 'must be an object', options);
}

/** Throws unless every name is an option of a module, and none of `names`. */
export function refuse(name: string, options: object, names: string[]): void {
  checkNames(name, options, [...MODULE_NAMES.filter(each => !names.includes(each))]);
}

/** Throws unless each is true, false or absent. */
export function checkFlags(name: string, flags: Record<string, unknown>): void {
  for (const [flag, value] of Object.entries(flags)) {
    if (value !== undefined && typeof value !== 'boolean')
      throw optionError(name, flag, 'must be true or false', value);
  }
}

/** Throws unless these are what initial noise takes. */
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

/** The options in a JSON of this type. */
export function jsonOptions(type: string, json: ConnectionJSON): Record<string, unknown> {
  if (typeof json !== 'object' || json === null || json.type !== type) {
    const got = typeof json === 'object' && json !== null ? json.type : json;
    throw optionError(`${type}.fromJSON`, 'type', `must be '${type}'`, got);
  }
  const { type: _type, ...options } = json;
  return options;
}
