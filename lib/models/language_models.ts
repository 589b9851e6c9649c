// The exports that the entries for Node and for browsers share.
export { countModelFlops, countModelParameters, type ModelCount } from './count.js';
export type { GenerateOptions } from './generate.js';
export type { Coefficients, ConnectionInspection, Inspection } from './inspect.js';
export { LanguageModel, type LanguageModelLoss } from './language_model.js';
export type {
  ConnectionWiring,
  LanguageModelOptions,
  ManifoldWiring,
  ResidualWiring,
  ResolvedModelOptions,
  Wiring,
} from './options.js';
export type { NamedWeights } from './weights.js';
