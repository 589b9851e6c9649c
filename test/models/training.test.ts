import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { Random } from '../../lib/common/random.js';
import type { LanguageModelOptions, Wiring } from '../../lib/models/options.js';
import type { Trainable } from '../../lib/train/trainable.js';
import { distance, perturb, randomTokens, tiny } from './helpers.js';

const gradients = (model: Trainable, tokens: tf.Tensor2D, targets: tf.Tensor2D) =>
  tf.variableGrads(() => model.loss(tokens, targets).total, Object.values(model.weights)).grads;

const CASES: [string, Partial<LanguageModelOptions>][] = [
  ['residual', {}],
  ['frac', { wiring: { kind: 'frac', rate: 4 } }],
  ['hyper', { wiring: { kind: 'hyper', rate: 2, norm: 'layer' } }],
  ['manifold', { wiring: { kind: 'manifold', rate: 2 } }],
  [
    'mixture of experts',
    { wiring: { kind: 'frac', rate: 2 }, experts: 3, balanceLossWeight: 1, zLossWeight: 0.5 },
  ],
];

describe('gradients of every weight', () => {
  for (const [name, options] of CASES) {
    it(`match finite differences: ${name}`, () => {
      const model = perturb(tiny({ layers: 1, ...options }));
      const [tokens, targets] = [randomTokens(1, 5), randomTokens(1, 5, 11, 2)];
      const grads = gradients(model, tokens, targets);
      const random = new Random(7);
      for (const [name, weight] of Object.entries(model.weights)) {
        const values = weight.dataSync().slice();
        const gradient = grads[weight.name]!.dataSync();
        const lossAt = (step: number, direction: Float32Array) => {
          const moved = values.map((value, i) => value + step * direction[i]!);
          return tf.tidy(() => {
            weight.assign(tf.tensor(moved, weight.shape));
            return model.loss(tokens, targets).total.dataSync()[0]!;
          });
        };
        const size = Math.hypot(...gradient);
        // Partly along the gradient, where there is most to measure, partly anywhere, where a missing part would show.
        const draw = Float32Array.from(gradient, () => random.normal());
        const length = Math.hypot(...draw);
        const direction = draw.map((value, i) => value / length + gradient[i]! / size);
        const want = direction.reduce((sum, value, i) => sum + value * gradient[i]!, 0);
        // Fourth order, so that the step may be large against the rounding of float32.
        const h = 0.01;
        const near = lossAt(h, direction) - lossAt(-h, direction);
        const far = lossAt(2 * h, direction) - lossAt(-2 * h, direction);
        const got = (8 * near - far) / (12 * h);
        tf.tidy(() => weight.assign(tf.tensor(values, weight.shape)));
        expect(size, name).toBeGreaterThan(0);
        expect(Math.abs(got - want), `${name}: ${got}, ${want}`).toBeLessThan(2e-4 + 0.01 * size);
      }
    });
  }

  it('are the same when layers are computed again', () => {
    const [tokens, targets] = [randomTokens(2, 4), randomTokens(2, 4, 11, 2)];
    for (const [, options] of CASES) {
      const kept = gradients(perturb(tiny(options)), tokens, targets);
      const again = gradients(perturb(tiny({ ...options, checkpointing: true })), tokens, targets);
      const [a, b] = [Object.values(kept), Object.values(again)];
      expect(b.length).toBe(a.length);
      for (const [i, gradient] of a.entries()) expect(distance(b[i]!, gradient)).toBeLessThan(1e-6);
    }
  });
});

describe('equality with the residual model at initialisation', () => {
  const wirings: Wiring[] = [
    ...[1, 2, 4, 8].map(rate => ({ kind: 'frac' as const, rate })),
    ...[2, 4].map(rate => ({ kind: 'hyper' as const, rate })),
  ].flatMap(wiring => [
    { ...wiring, dynamic: true },
    { ...wiring, dynamic: false },
  ]);
  const ablations: Wiring[] = [
    { kind: 'frac', rate: 4, dynamicAlpha: false },
    { kind: 'frac', rate: 4, dynamicBeta: false },
    { kind: 'frac', rate: 4, tanh: false },
    { kind: 'frac', rate: 4, scale: false },
    { kind: 'frac', rate: 4, norm: 'layer' },
    { kind: 'hyper', rate: 2, norm: 'none' },
    { kind: 'frac', rate: 4, mixing: 'identity' },
    ...[1, 2, 4].map(rate => ({ kind: 'manifold' as const, rate })),
    { kind: 'manifold', rate: 4, mixing: 'identity' },
  ];
  for (const experts of [0, 3]) {
    it(`holds for every wiring, ${experts} experts`, () => {
      const tokens = randomTokens(2, 6);
      // A small embedding and a large epsilon, where a scale wrongly carried to the last norm would show.
      const options = { experts, normEpsilon: 1e-2 };
      const want = tiny(options).apply(tokens);
      for (const wiring of [...wirings, ...ablations]) {
        const model = tiny({ ...options, wiring });
        expect(distance(model.apply(tokens), want), JSON.stringify(wiring)).toBeLessThan(5e-6);
        expect(distance(perturb(model).apply(tokens), want)).toBeGreaterThan(0.01);
        model.dispose();
      }
    });
  }
});

describe('memory', () => {
  for (const [name, options] of [...CASES, ['checkpointing', { checkpointing: true, experts: 2 }] as const]) {
    it(`has as many tensors after step 10 as after step 3: ${name}`, () => {
      const start = tf.memory().numTensors;
      const model = tiny(options);
      const [tokens, targets] = [randomTokens(2, 5), randomTokens(2, 5, 11, 2)];
      const counts: number[] = [];
      const losses: number[] = [];
      for (let step = 0; step < 10; step++) {
        const { value, grads } = tf.variableGrads(() => model.loss(tokens, targets).total);
        tf.tidy(() => {
          for (const weight of Object.values(model.weights)) {
            weight.assign(tf.sub(weight, tf.mul(grads[weight.name]!, 0.05)));
          }
        });
        losses.push(value.dataSync()[0]!);
        tf.dispose([value, grads]);
        counts.push(tf.memory().numTensors);
      }
      expect(counts[9]).toBe(counts[2]);
      expect(losses[9]).toBeLessThan(losses[0]! - 0.05);
      model.inspect(tokens);
      tf.dispose([tokens, targets, model.apply(tokens), ...Object.values(model.loss(tokens, targets))]);
      model.dispose();
      expect(tf.memory().numTensors).toBe(start);
    });
  }
});
