import * as tf from '@tensorflow/tfjs-core';
import type { Stem } from '../../lib/contract/ops.js';
import type { ResolvedOptions } from '../../lib/contract/options.js';
import { makeRun, type Run } from './kernels.js';

/** Values of one sign, which do not repeat with the numbers of tokens or columns. */
function positive(size: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => 1.00024 + 0.3 * Math.sin(1 + i) ** 2);
}

/** The same token of positive values again and again, with static given coefficients, and that token alone. */
export function constantTokens(
  stem: Stem,
  o: ResolvedOptions,
  tokens: number,
  prenorm: boolean,
): { many: Run; one: Run } {
  const mix = { alphaPerToken: false, betaPerToken: false, readPerToken: false, state: false };
  const made = makeRun(stem, o, 1, prenorm, mix, 1);
  const values = (named: Run['inputs']) =>
    Object.fromEntries(
      Object.entries(named).map(([name, each]) => [name, tf.tensor(positive(each.size), each.shape)]),
    );
  const one: Run = { ...made, inputs: values(made.inputs), upstream: values(made.upstream) };
  // The upstream gradient of a static coefficient counts once, not once a token: none.
  const given = { dAlpha: o.dynamicAlpha, dBeta: o.dynamicBeta };
  for (const [name, dynamic] of Object.entries(given)) {
    const each = one.upstream[name];
    if (each && !dynamic) one.upstream[name] = tf.zerosLike(each);
  }
  const repeat = (each: tf.Tensor) => {
    const row = each.dataSync() as Float32Array;
    const all = new Float32Array(tokens * row.length);
    for (let t = 0; t < tokens; t++) all.set(row, t * row.length);
    return tf.tensor(all, [tokens, ...each.shape.slice(1)]);
  };
  const all = (named: Run['inputs']) =>
    Object.fromEntries(
      Object.entries(named).map(([name, each]) => {
        const perToken =
          ['h', 'y', 'dX', 'dOut', 'dState'].includes(name) ||
          (stem !== 'frac_depth' && given[name as 'dAlpha']);
        return [name, perToken ? repeat(each) : each];
      }),
    );
  return { many: { ...one, inputs: all(one.inputs), upstream: all(one.upstream) }, one };
}
