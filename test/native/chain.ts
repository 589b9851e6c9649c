import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { Norm } from '../../lib/contract/options.js';
import type { ConnectionWeights } from '../../lib/contract/weights.js';
import { fracDepth } from '../../lib/ops/frac_depth.js';
import { fracDepthWidth } from '../../lib/ops/frac_depth_width.js';
import { fracWidth } from '../../lib/ops/frac_width.js';
import type { Path } from '../../lib/paths/paths.js';
import { setPath } from '../../lib/paths/runtime.js';
import { realise, type Setting } from '../support/arbitrary.js';
import { TOLERANCE } from '../support/compare.js';
import { gradientsOf, weigh } from '../support/run_ops.js';

type Tensors = Record<string, tf.Tensor>;

/** All three ops, one after another. */
function chain({ h, y, ...rest }: Tensors, { options }: Setting): Tensors {
  const weights = rest as unknown as ConnectionWeights;
  const first = fracWidth(h!, weights, options);
  const second = fracDepthWidth(h!, tf.add(y!, first.x), first.alpha, first.beta, weights, options);
  const out = fracDepth(second.h, second.x, second.alpha, second.beta, options);
  return { ...first, h2: second.h, x2: second.x, alpha2: second.alpha, beta2: second.beta, out };
}

/** Outputs and gradients of {@link chain} on a path, as arrays by name. */
export function run(path: Path, setting: Setting): Record<string, Float32Array> {
  setPath(path);
  return tf.tidy(() => {
    const { inputs, shapes, random } = realise(setting);
    const tensors = Object.fromEntries(
      Object.entries(inputs).map(([name, data]) => [
        name,
        tf.tensor(Float32Array.from(data), [...shapes[name]!], 'float32'),
      ]),
    );
    const outputs = chain(tensors, setting);
    const seeds = Object.values(outputs).map(each =>
      tf.tensor(
        Float32Array.from({ length: each.size }, () => random.normal()),
        each.shape,
      ),
    );
    const gradients = gradientsOf(tensors, varied =>
      weigh(
        ...Object.values(chain(varied, setting)).map(
          (each, i) => [each, seeds[i]!] as [tf.Tensor, tf.Tensor],
        ),
      ),
    );
    const named = [
      ...Object.entries(outputs),
      ...Object.entries(gradients).map(([name, each]) => [`d.${name}`, each] as const),
    ];
    // tfjs' matMul leaves values in a tensor of shape [0, ...].
    return Object.fromEntries(
      named.map(([name, each]) => [name, (each.dataSync() as Float32Array).subarray(0, each.size)]),
    );
  });
}

const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

/** Number i of a list that goes through all flags, norms and shapes of tokens. */
export function setting(i: number, streams: number, fractions: number, width: number): Setting {
  const bit = (b: number) => ((i >> b) & 1) === 1;
  const norms: Norm[] = ['rms', 'layer', 'none'];
  return {
    options: {
      ...{
        dim: width * fractions,
        streams,
        fractions,
        norm: norms[i % 3]!,
        epsilon: 1e-3,
        prenormEpsilon: 1e-3,
      },
      ...{ dynamicAlpha: bit(0), dynamicBeta: bit(1), tanh: !bit(2), scale: !bit(3) },
    },
    lead: [[], [1], [7], [2, 3], [65], [0], [2, 0, 3], [3, 1, 2, 1, 2]][i % 8]!,
    prenorm: bit(4),
    seed: i,
  };
}

/** So many settings of a size, which go through flags, norms, shapes of tokens and widths. */
export const settings = (streams: number, fractions: number, count: number): Setting[] =>
  Array.from({ length: count }, (_, j) => {
    const i = 37 * (20 * j + 4 * streams + fractions);
    return setting(i, streams, fractions, 1 + (i % 41));
  });

/** Streams and fractions. */
export const SIZES = [
  ...[1, 2, 3, 4, 5, 6, 7, 8].map(m => [1, m] as const),
  ...[2, 3, 4, 8, 16].map(s => [s, 1] as const),
  ...([
    [2, 2],
    [2, 3],
    [3, 2],
    [2, 4],
    [4, 2],
    [2, 8],
    [4, 4],
  ] as const), // prettier-ignore
];

/** Expects path `tensorflow` to give what the fallback gives, outputs and gradients. */
export function expectAsFallback(each: Setting): void {
  const want = run('fallback', each);
  const got = run('tensorflow', each);
  expect(Object.keys(got)).toEqual(Object.keys(want));
  // A sum that cancels is compared with the size of what was summed, of which the largest gradient is a measure.
  const largest = Math.max(...Object.keys(want).map(name => (name.startsWith('d.') ? norm(want[name]!) : 0)));
  for (const [name, values] of Object.entries(want)) {
    const gradient = name.startsWith('d.');
    const error = norm(values.map((value, at) => value - got[name]![at]!));
    const scale = Math.max(norm(values), gradient ? 0.02 * largest : 0, 1e-3);
    const what = `${name} of ${JSON.stringify(each)}`;
    expect(got[name]!.length, what).toBe(values.length);
    expect(error / scale, what).toBeLessThan(gradient ? TOLERANCE.gradient : TOLERANCE.forward);
  }
}
