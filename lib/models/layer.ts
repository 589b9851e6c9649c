import * as tf from '@tensorflow/tfjs-core';
import { type AttentionWeights, attention } from './attention.js';
import { checkpoint } from './checkpoint.js';
import { type FeedForwardWeights, feedForward } from './feed_forward.js';
import { type MixtureWeights, mixture } from './mixture.js';
import type { ResolvedModelOptions } from './options.js';
import type { AttentionTables } from './rope.js';
import type { NamedWeights } from './weights.js';
import type { Branch } from './wiring.js';

/** The router losses of the Mixture-of-Experts layers, one entry per layer. */
export interface RouterLosses {
  balance: tf.Scalar[];
  z: tf.Scalar[];
}

/**
 * The sublayers of a model as functions of their normalised input, two per layer.
 *
 * Each function frees its intermediate tensors. tfjs itself keeps those that the backward pass needs.
 */
export function createBranches(
  o: ResolvedModelOptions,
  weights: NamedWeights,
  tables: AttentionTables,
  losses: RouterLosses,
): Branch[] {
  return Array.from({ length: o.layers }, (_, i) => {
    const named = (name: string) => weights[`layers.${i}.${name}.weight`] as tf.Tensor;
    return [
      attentionBranch(o, named, tables),
      o.experts > 0 ? mixtureBranch(o, named, losses) : denseBranch(o, named),
    ];
  }).flat();
}

type Lookup = (name: string) => tf.Tensor;

function attentionBranch(o: ResolvedModelOptions, named: Lookup, tables: AttentionTables): Branch {
  const keys = ['q', 'k', 'v', 'o', 'qNorm', 'kNorm'] as const;
  const weights = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'q_norm', 'k_norm'].map(name =>
    named(`attention.${name}`),
  );
  const run = ([x, ...w]: tf.Tensor[], constants: tf.Tensor[]) =>
    attention(
      x as tf.Tensor2D,
      zip<AttentionWeights>(keys, w),
      zip<AttentionTables>(Object.keys(tables) as (keyof AttentionTables)[], constants),
      o.normEpsilon,
    );
  return branch(run, weights, Object.values(tables), o.checkpointing);
}

function denseBranch(o: ResolvedModelOptions, named: Lookup): Branch {
  const weights = ['gate_proj', 'up_proj', 'down_proj'].map(name => named(`feed_forward.${name}`));
  const run = ([x, ...w]: tf.Tensor[]) =>
    feedForward(x as tf.Tensor2D, zip<FeedForwardWeights>(['gate', 'up', 'down'], w));
  return branch(run, weights, [], o.checkpointing);
}

function mixtureBranch(o: ResolvedModelOptions, named: Lookup, losses: RouterLosses): Branch {
  const names = ['router', 'experts.gate_proj', 'experts.up_proj', 'experts.down_proj'];
  const w = zip<MixtureWeights>(
    ['router', 'gate', 'up', 'down'],
    names.map(name => named(`feed_forward.${name}`)),
  );
  return x => {
    const { y, balance, z } = tf.tidy(() => {
      const { y, routing } = mixture(x, w, o.expertsPerToken, o.checkpointing);
      return { y, balance: routing.balanceLoss, z: routing.zLoss };
    });
    losses.balance.push(balance);
    losses.z.push(z);
    return y;
  };
}

type Run = (inputs: tf.Tensor[], constants: tf.Tensor[]) => tf.Tensor2D;

const branch =
  (run: Run, weights: tf.Tensor[], constants: tf.Tensor[], recompute: boolean): Branch =>
  x =>
    tf.tidy(() =>
      recompute ? checkpoint(run, [x, ...weights], constants) : run([x, ...weights], constants),
    );

/** Makes an object from keys and values. */
function zip<T extends object>(keys: readonly (keyof T & string)[], values: tf.Tensor[]): T {
  return Object.fromEntries(keys.map((key, i) => [key, values[i]!])) as T;
}
