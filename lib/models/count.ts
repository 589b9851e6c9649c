import { type CountOptions, countFlops, countParameters } from '../connections/count.js';
import type { ManifoldCountOptions } from '../connections/count_manifold.js';
import { type LanguageModelOptions, type ResolvedModelOptions, resolveModelOptions } from './options.js';
import { weightSpecs } from './weights.js';

/** A number for each part of a model. */
export interface ModelCount {
  embedding: number;
  attention: number;
  /** The dense networks, or the routers and experts. */
  feedForward: number;
  /** The RMSNorms: before each sublayer, of queries and keys, and the last one. */
  norms: number;
  /** The connections; 0 for residual wiring. */
  connections: number;
  unembedding: number;
  total: number;
}

/**
 * Counts the parameters in each part of a model from the options; allocates nothing.
 *
 * @throws FracConnectionsError ERR_OPTION when an option is wrong
 *
 * @example
 * ```ts
 * const olmo = { vocabSize: 50304, dim: 2048, layers: 16, heads: 16, ffnDim: 8192, context: 2048 };
 * countModelParameters({ ...olmo, wiring: { kind: 'frac', rate: 4 } }).connections; // 165056
 * ```
 */
export function countModelParameters(options: LanguageModelOptions): ModelCount {
  const o = resolveModelOptions('countModelParameters', options);
  const specs = weightSpecs(o);
  const sum = (match: (name: string, kind: string) => boolean) =>
    specs
      .filter(({ name, kind }) => match(name, kind))
      .reduce((total, { shape }) => total + product(shape), 0);
  const connections = connectionOptions(o);
  return withTotal({
    embedding: sum((_, kind) => kind === 'embedding'),
    attention: sum((name, kind) => kind === 'matrix' && name.includes('.attention.')),
    feedForward: sum((name, kind) => kind === 'matrix' && name.includes('.feed_forward.')),
    // The gain of each site's norm belongs to the wiring, so it is not among these weights.
    norms: sum((_, kind) => kind === 'gain') + 2 * o.layers * o.dim,
    connections: connections === undefined ? 0 : countParameters(connections).total,
    unembedding: sum(name => name === 'lm_head.weight'),
  });
}

/**
 * Counts the multiply-adds per token in the forward pass, for each part of a model. A multiply-add counts as one.
 *
 * Counted are the matrix products, the norms with 2 per value, and the connections. Attention counts over the whole context,
 * without use of the causal mask, as it is computed. Of the experts only those that a token goes to count. The rotary embedding,
 * softmax and activations are not counted.
 *
 * @throws FracConnectionsError ERR_OPTION when an option is wrong
 *
 * @example
 * ```ts
 * const olmo = { vocabSize: 50304, dim: 2048, layers: 16, heads: 16, ffnDim: 8192, context: 2048 };
 * countModelFlops({ ...olmo, wiring: { kind: 'frac', rate: 4 } }).connections; // 1310720
 * ```
 */
export function countModelFlops(options: LanguageModelOptions): ModelCount {
  const o = resolveModelOptions('countModelFlops', options);
  const { vocabSize, dim, layers, heads, kvHeads, ffnDim, experts, expertsPerToken, context } = o;
  const kv = (dim / heads) * kvHeads;
  const network = 3 * dim * ffnDim;
  const connections = connectionOptions(o);
  return withTotal({
    embedding: 0,
    attention: layers * (2 * dim * dim + 2 * dim * kv + 2 * context * dim),
    feedForward: layers * (experts > 0 ? dim * experts + expertsPerToken * (network + dim) : network),
    norms: 2 * (layers * (3 * dim + kv) + dim),
    connections: connections === undefined ? 0 : countFlops(connections).total,
    unembedding: dim * vocabSize,
  });
}

/** The options of a model's connections for countParameters and countFlops; undefined for residual wiring. */
function connectionOptions(o: ResolvedModelOptions): CountOptions | ManifoldCountOptions | undefined {
  if (o.wiring.kind === 'residual') return undefined;
  if (o.wiring.kind === 'manifold') {
    const { rate, mixing } = o.wiring;
    return { rule: 'manifold', dim: o.dim, rate, ...(mixing && { mixing }), sites: 2 * o.layers };
  }
  const { kind, rate, dynamic, ...flags } = o.wiring;
  const both = dynamic === undefined ? {} : { dynamicAlpha: dynamic, dynamicBeta: dynamic };
  const sizes = kind === 'frac' ? { fractions: rate } : { streams: rate };
  // The gain of a connection's pre-norm is counted with the norms.
  return { dim: o.dim, ...sizes, ...both, ...flags, sites: 2 * o.layers };
}

const product = (shape: readonly number[]) => shape.reduce((total, size) => total * size, 1);

function withTotal(parts: Omit<ModelCount, 'total'>): ModelCount {
  return { ...parts, total: Object.values(parts).reduce((total, part) => total + part, 0) };
}
