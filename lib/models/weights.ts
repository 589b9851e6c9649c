import * as tf from '@tensorflow/tfjs-core';
import { Random } from '../common/random.js';
import type { ResolvedModelOptions } from './options.js';

/** Variables by name. */
export type NamedWeights = Record<string, tf.Variable>;

/** One weight of the model that does not depend on the wiring. */
export interface WeightSpec {
  name: string;
  shape: number[];
  /** Gains start at 1; embeddings and matrices start at random values. */
  kind: 'embedding' | 'matrix' | 'gain';
}

/**
 * All weights of a model except those of the wiring, in the order of their initialisation. Matrices are `[out, in]`, as
 * in PyTorch. The names within a sublayer are those of OLMo2 in Hugging Face Transformers; the sublayers are
 * `attention` and `feed_forward`. The same matrix of all experts of a layer is one tensor.
 */
export function weightSpecs(o: ResolvedModelOptions): WeightSpec[] {
  const { vocabSize, dim } = o;
  const layers = Array.from({ length: o.layers }, (_, i) =>
    [...attentionSpecs(o), ...feedForwardSpecs(o)].map(spec => ({
      ...spec,
      name: `layers.${i}.${spec.name}`,
    })),
  );
  return [
    { name: 'embed_tokens.weight', shape: [vocabSize, dim], kind: 'embedding' },
    ...layers.flat(),
    { name: 'norm.weight', shape: [dim], kind: 'gain' },
    { name: 'lm_head.weight', shape: [vocabSize, dim], kind: 'matrix' },
  ];
}

function attentionSpecs({ dim, heads, kvHeads }: ResolvedModelOptions): WeightSpec[] {
  const kv = (dim / heads) * kvHeads;
  return [
    { name: 'attention.q_proj.weight', shape: [dim, dim], kind: 'matrix' },
    { name: 'attention.k_proj.weight', shape: [kv, dim], kind: 'matrix' },
    { name: 'attention.v_proj.weight', shape: [kv, dim], kind: 'matrix' },
    { name: 'attention.o_proj.weight', shape: [dim, dim], kind: 'matrix' },
    { name: 'attention.q_norm.weight', shape: [dim], kind: 'gain' },
    { name: 'attention.k_norm.weight', shape: [kv], kind: 'gain' },
  ];
}

function feedForwardSpecs({ dim, ffnDim, experts }: ResolvedModelOptions): WeightSpec[] {
  const [prefix, lead] = experts > 0 ? ['feed_forward.experts', [experts]] : ['feed_forward', []];
  const router: WeightSpec = { name: 'feed_forward.router.weight', shape: [experts, dim], kind: 'matrix' };
  return [
    ...(experts > 0 ? [router] : []),
    { name: `${prefix}.gate_proj.weight`, shape: [...lead, ffnDim, dim], kind: 'matrix' },
    { name: `${prefix}.up_proj.weight`, shape: [...lead, ffnDim, dim], kind: 'matrix' },
    { name: `${prefix}.down_proj.weight`, shape: [...lead, dim, ffnDim], kind: 'matrix' },
  ];
}

/**
 * Makes the weights. Gains are 1; one seeded generator draws all others, in order, from a normal distribution with
 * `initStd`.
 */
export function createWeights(o: ResolvedModelOptions): NamedWeights {
  const random = new Random(o.seed);
  return Object.fromEntries(
    weightSpecs(o).map(({ name, shape, kind }) => {
      const values = new Float32Array(tf.util.sizeFromShape(shape));
      if (kind === 'gain') values.fill(1);
      else for (let i = 0; i < values.length; i++) values[i] = o.initStd * random.normal();
      return [name, tf.tidy(() => tf.variable(tf.tensor(values, shape)))];
    }),
  );
}
