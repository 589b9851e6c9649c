import * as z from 'zod';
import { optionError } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';
import type { ManifoldOptions } from '../connections/manifold_connection.js';
import type { ModuleOptions } from '../connections/module_options.js';
import { MAX_FRACTIONS, MAX_SEGMENTS } from '../contract/options.js';

/**
 * The connections around the sublayers of a model.
 *
 * `residual` is the pre-norm residual connection, `frac` is Frac-Connections with `rate` fractions, `hyper` is
 * Hyper-Connections with `rate` streams, `manifold` is their manifold-constrained form. The other flags are those of a connection; `dynamic` sets `dynamicAlpha` and
 * `dynamicBeta` together.
 */
export type Wiring = ResidualWiring | ConnectionWiring | ManifoldWiring;

/** `x + f(norm(x))`. */
export interface ResidualWiring {
  kind: 'residual';
}

/** Frac-Connections or Hyper-Connections. */
export interface ConnectionWiring
  extends Pick<
    ModuleOptions,
    'dynamic' | 'dynamicAlpha' | 'dynamicBeta' | 'tanh' | 'scale' | 'norm' | 'epsilon' | 'mixing'
  > {
  kind: 'frac' | 'hyper';
  /** Fractions (frac, 1 to 8) or streams (hyper, 1 to 16). */
  rate: number;
}

/** Manifold-Constrained Hyper-Connections. */
export interface ManifoldWiring
  extends Pick<ManifoldOptions, 'mixing' | 'iterations' | 'form' | 'epsilon' | 'normEpsilon'> {
  kind: 'manifold';
  /** Streams, 1 to 16. */
  rate: number;
}

/** Options of a {@link LanguageModel}. */
export interface LanguageModelOptions {
  /** Number of tokens in the vocabulary, 2 or more. */
  vocabSize: number;
  /** Width of the hidden state; a multiple of `heads`, and of the rate of a `frac` wiring. */
  dim: number;
  /** Number of transformer layers. Each has two sites, attention and feed-forward. */
  layers: number;
  /** Number of query heads. The rotary embedding needs an even `dim / heads`. */
  heads: number;
  /** Number of key and value heads; a divisor of `heads`. Default `heads`. */
  kvHeads?: number;
  /** Hidden width of the feed-forward network, or of one expert. Default `8 / 3 * dim`, rounded up to a multiple of 8. */
  ffnDim?: number;
  /** Length of the longest sequence, in tokens. */
  context: number;
  /** The connections around the sublayers. Default: residual. */
  wiring?: Wiring;
  /** Number of experts per layer; 0 gives a dense feed-forward network. Default 0. */
  experts?: number;
  /** Number of experts that each token goes to. Default 2, or 1 if there is one expert. */
  expertsPerToken?: number;
  /** Base of the rotary frequencies. Default 10,000. */
  ropeBase?: number;
  /** Added to the mean square in every RMSNorm of the model. Default 1e-5. */
  normEpsilon?: number;
  /** Seed of the initial weights. Default 0. */
  seed?: number;
  /** Standard deviation of the initial matrices. Default 0.02. */
  initStd?: number;
  /** Weight of the load-balancing loss in `total`. Default 0.01. */
  balanceLossWeight?: number;
  /** Weight of the router's z-loss in `total`. Default 0.001. */
  zLossWeight?: number;
  /**
   * Whether the backward pass computes the layers again instead of keeping them: less memory, more time. Default false.
   */
  checkpointing?: boolean;
}

/** {@link LanguageModelOptions} with every default filled in. */
export type ResolvedModelOptions = Required<LanguageModelOptions>;

const count = z.int('must be an integer, 1 or more').min(1, 'must be an integer, 1 or more');
const vocabulary = z.int('must be an integer, 2 or more').min(2, 'must be an integer, 2 or more');
const none = z.int('must be an integer, 0 or more').min(0, 'must be an integer, 0 or more');
const positive = z.number('must be a number above 0').gt(0, 'must be a number above 0');
const amount = z.number('must be a finite number, 0 or more').min(0, 'must be a finite number, 0 or more');
const flag = z.boolean('must be true or false');
const norm = z.enum(['rms', 'layer', 'none'], "must be 'rms', 'layer' or 'none'");

/** Schema of {@link Wiring}. Unknown names are errors. */
export const wiringSchema = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('residual') }),
    z.strictObject({
      kind: z.enum(['frac', 'hyper']),
      rate: count,
      dynamic: flag.optional(),
      dynamicAlpha: flag.optional(),
      dynamicBeta: flag.optional(),
      tanh: flag.optional(),
      scale: flag.optional(),
      norm: norm.optional(),
      epsilon: amount.optional(),
      mixing: z.enum(['learned', 'identity'], "must be 'learned' or 'identity'").optional(),
    }),
    z.strictObject({
      kind: z.literal('manifold'),
      rate: count,
      mixing: z.enum(['sinkhorn', 'identity'], "must be 'sinkhorn' or 'identity'").optional(),
      iterations: count.optional(),
      form: z.enum(['softmax', 'exp'], "must be 'softmax' or 'exp'").optional(),
      epsilon: amount.optional(),
      normEpsilon: amount.optional(),
    }),
  ],
  {
    error: issue =>
      issue.code === 'invalid_union'
        ? "must be 'residual', 'frac', 'hyper' or 'manifold'"
        : 'must be an object',
  },
);

/** Schema of {@link LanguageModelOptions}. Unknown names are errors. */
export const languageModelSchema = z.strictObject({
  vocabSize: vocabulary,
  dim: count,
  layers: count,
  heads: count,
  kvHeads: count.optional(),
  ffnDim: count.optional(),
  context: count,
  wiring: wiringSchema.optional(),
  experts: none.optional(),
  expertsPerToken: count.optional(),
  ropeBase: positive.optional(),
  normEpsilon: amount.optional(),
  seed: z.number('must be a finite number').optional(),
  initStd: amount.optional(),
  balanceLossWeight: amount.optional(),
  zLossWeight: amount.optional(),
  checkpointing: flag.optional(),
});

/**
 * Checks the options of a model and fills in the defaults.
 *
 * @param fn the public name of the caller, for error messages
 * @throws FracConnectionsError `ERR_OPTION`; the message has the option, the rule and the value
 */
export function resolveModelOptions(fn: string, options: LanguageModelOptions): ResolvedModelOptions {
  if (typeof options !== 'object' || options === null) {
    throw optionError(fn, 'options', 'must be an object', options);
  }
  const parsed = languageModelSchema.safeParse(options, { reportInput: true });
  if (!parsed.success) throw optionFailure(fn, parsed.error);
  const given = withoutUndefined(parsed.data);
  const experts = parsed.data.experts ?? 0;
  const o = {
    kvHeads: options.heads,
    ffnDim: Math.ceil(options.dim / 3) * 8,
    wiring: { kind: 'residual' },
    experts,
    expertsPerToken: Math.min(2, Math.max(1, experts)),
    ropeBase: 10_000,
    normEpsilon: 1e-5,
    seed: 0,
    initStd: 0.02,
    balanceLossWeight: 0.01,
    zLossWeight: 0.001,
    checkpointing: false,
    ...given,
    ...(parsed.data.wiring && { wiring: withoutUndefined(parsed.data.wiring) }),
  } as ResolvedModelOptions;
  checkSizes(fn, o);
  return o;
}

// An option that is undefined counts as not given. It must not override a default.
const withoutUndefined = (options: object) =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

function checkSizes(fn: string, o: ResolvedModelOptions): void {
  const { dim, heads, kvHeads, experts, expertsPerToken, wiring } = o;
  const fail = (message: string): never => {
    throw new FracConnectionsError('ERR_OPTION', `${fn}: ${message}`);
  };
  if (dim % (2 * heads) !== 0) fail(`dim must be a multiple of 2 * heads = ${2 * heads}, got ${dim}`);
  if (heads % kvHeads !== 0) fail(`kvHeads must divide heads = ${heads}, got ${kvHeads}`);
  if (experts > 0 && expertsPerToken > experts) {
    fail(`expertsPerToken must be at most experts = ${experts}, got ${expertsPerToken}`);
  }
  if (wiring.kind === 'residual') return;
  const most = wiring.kind === 'frac' ? MAX_FRACTIONS : MAX_SEGMENTS;
  if (wiring.rate > most) fail(`wiring.rate must be an integer from 1 to ${most}, got ${wiring.rate}`);
  if (wiring.kind === 'frac' && dim % wiring.rate !== 0) {
    fail(`dim must be a multiple of wiring.rate = ${wiring.rate}, got ${dim}`);
  }
}

/** An error from the first issue of a schema: `LanguageModel: layers must be an integer, 1 or more, got 0`. */
export function optionFailure(fn: string, error: z.ZodError): FracConnectionsError {
  const issue = error.issues[0]!;
  const path = issue.path.join('.');
  // For a union zod reports the whole object. Take the discriminating value out of it.
  const input =
    issue.code === 'invalid_union' ? (issue.input as object)[issue.path.at(-1) as never] : issue.input;
  if (issue.code !== 'unrecognized_keys') return optionError(fn, path, issue.message, input);
  const name = [...issue.path, issue.keys[0]].join('.');
  return new FracConnectionsError('ERR_OPTION', `${fn}: unknown option '${name}'`);
}
