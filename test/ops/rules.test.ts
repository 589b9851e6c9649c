import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { ConnectionWeights } from '../../lib/contract/weights.js';
import { fracDepth } from '../../lib/ops/frac_depth.js';
import { fracDepthWidth } from '../../lib/ops/frac_depth_width.js';
import { fracWidth } from '../../lib/ops/frac_width.js';
import { realise, type Setting } from '../support/arbitrary.js';
import { gradientsOf, weigh } from '../support/run_ops.js';

const base: Setting = {
  options: { dim: 12, streams: 2, fractions: 3, norm: 'layer' },
  lead: [5],
  prenorm: true,
  seed: 3,
};
const kinds: [string, Setting][] = [
  ['dynamic', base],
  ['static', { ...base, options: { ...base.options, dynamicAlpha: false, dynamicBeta: false } }],
  ['alpha only', { ...base, options: { ...base.options, dynamicBeta: false, norm: 'rms' } }],
  [
    'beta only, one stream',
    { ...base, options: { dim: 12, fractions: 4, dynamicAlpha: false, norm: 'none' } },
  ],
];

function tensorsOf(setting: Setting) {
  const { inputs, shapes } = realise(setting);
  return Object.fromEntries(
    Object.entries(inputs).map(([name, data]) => [
      name,
      tf.tensor(Float32Array.from(data), [...shapes[name]!]),
    ]),
  );
}

function chain({ h, y, ...weights }: Record<string, tf.Tensor>, { options }: Setting) {
  const w = weights as unknown as ConnectionWeights;
  const first = fracWidth(h!, w, options);
  const second = fracDepthWidth(h!, tf.add(y!, first.x), first.alpha, first.beta, w, options);
  const out = fracDepth(second.h, second.x, second.alpha, second.beta, options);
  return { first, second, out };
}

const loss = (inputs: Record<string, tf.Tensor>, setting: Setting): tf.Scalar => {
  const { second, out } = chain(inputs, setting);
  return weigh(
    [out, tf.cos(out)],
    [second.x, second.x],
    [second.alpha, second.alpha],
    [second.beta, second.beta],
  );
};

describe.each(kinds)('the ops, %s', (_, setting) => {
  it('let no token see another', () => {
    tf.tidy(() => {
      const inputs = tensorsOf(setting);
      const changed = { ...inputs };
      const mask = tf.tensor2d([[0], [0], [1], [0], [0]]);
      changed.h = tf.add(inputs.h!, tf.mul(mask, 7));
      changed.y = tf.sub(inputs.y!, mask);
      const rows = (each: typeof inputs) =>
        tf.concat([chain(each, setting).out, chain(each, setting).second.x], 1).arraySync() as number[][];
      const before = rows(inputs);
      const after = rows(changed);
      for (const row of [0, 1, 3, 4]) expect(after[row]).toEqual(before[row]);
      expect(after[2]).not.toEqual(before[2]);
    });
  });

  it('give the same bits again, gradients too', () => {
    tf.tidy(() => {
      const inputs = tensorsOf(setting);
      const run = () =>
        Object.values(gradientsOf(inputs, each => loss(each, setting))).map(each => [...each.dataSync()]);
      expect(run()).toEqual(run());
    });
  });

  it('leave no tensor behind', () => {
    const inputs = tensorsOf(setting);
    tf.dispose(chain(inputs, setting)); // registers kernels, which may keep a constant
    const before = tf.memory().numTensors;

    const { first, second, out } = chain(inputs, setting);
    // Seven results and the sum in between.
    expect(tf.memory().numTensors).toBe(before + 9);
    tf.dispose([first, second, out]);
    expect(tf.memory().numTensors).toBe(before + 1);

    const during = tf.memory().numTensors;
    const gradients = gradientsOf(inputs, each => loss(each, setting));
    expect(tf.memory().numTensors).toBe(during + Object.keys(inputs).length);
    tf.dispose([gradients, inputs]);
  });

  it('take no token at all', () => {
    tf.tidy(() => {
      const inputs = tensorsOf(setting);
      const { streams = 1, dim } = setting.options;
      const empty = { ...inputs, h: tf.zeros([2, 0, streams * dim]), y: tf.zeros([2, 0, dim]) };
      const { first, out } = chain(empty, setting);
      expect(first.x.shape).toEqual([2, 0, dim]);
      expect(out.shape).toEqual([2, 0, streams * dim]);
      const gradients = gradientsOf(empty, each => tf.sum(chain(each, setting).out) as tf.Scalar);
      for (const [name, gradient] of Object.entries(gradients)) {
        expect(gradient.shape, name).toEqual(empty[name as keyof typeof empty]!.shape);
        expect(
          [...gradient.dataSync()].every(each => each === 0),
          name,
        ).toBe(true);
      }
    });
  });
});

describe('gradients', () => {
  it('flow when one tensor is both state and layer output', () => {
    tf.tidy(() => {
      const options = { dim: 4, fractions: 2 };
      const alpha = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8], [2, 4]);
      const beta = tf.tensor1d([2, 3]);
      const h = tf.tensor2d([1, 2, 3, 4], [1, 4]);
      const both = tf.grad(each => fracDepth(each, each, alpha, beta, options))(h);
      const [dh, dy] = tf.grads((a, b) => fracDepth(a!, b!, alpha, beta, options))([h, h.clone()]);
      expect([...both.dataSync()]).toEqual([...tf.add(dh!, dy!).dataSync()]);
    });
  });

  it('go through tf.variableGrads, and a tensor saved from one call serves a second', () => {
    const { h, y, ...weights } = tensorsOf(base);
    const variables = Object.fromEntries(Object.entries(weights).map(([name, w]) => [name, tf.variable(w)]));
    const list = Object.values(variables);
    const step = () =>
      tf.tidy(() => {
        const { value, grads } = tf.variableGrads(() => loss({ h: h!, y: y!, ...variables }, base), list);
        return [value, ...Object.values(grads)].map(each => [...each.dataSync()]);
      });
    const first = step();
    expect(first).toHaveLength(list.length + 1);
    expect(first.flat().every(Number.isFinite)).toBe(true);
    expect(step()).toEqual(first);
    tf.dispose([h!, y!, ...Object.values(weights), ...list]);
  });
});
