import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createJoints } from '../../lib/models/wiring.js';
import { distance, normal, perturb, randomTokens, tiny } from './helpers.js';

describe('LanguageModel.inspect', () => {
  const tokens = () => randomTokens(2, 5);

  it('finds inputs all alike where the sublayers add nothing', () => {
    for (const wiring of [
      { kind: 'residual' },
      { kind: 'frac', rate: 4 },
      { kind: 'hyper', rate: 2 },
      { kind: 'manifold', rate: 2 },
    ] as const) {
      const model = tiny({ wiring });
      for (const [name, weight] of Object.entries(model.weights)) {
        if (/(o|down)_proj/.test(name)) tf.tidy(() => weight.assign(tf.zerosLike(weight)));
      }
      const { sites, similarities } = model.inspect(tokens());
      expect(sites).toEqual([
        'layers.0.attention',
        'layers.0.feed_forward',
        'layers.1.attention',
        'layers.1.feed_forward',
      ]);
      expect(similarities.map(each => each.length)).toEqual([10, 10, 10]);
      for (const value of similarities.flatMap(each => [...each])) expect(value).toBeCloseTo(1, 5);
    }
  });

  it('measures the inputs before the norm, whatever the gain of the norm', () => {
    const wirings = [{ kind: 'residual' }, { kind: 'frac', rate: 4 }] as const;
    const [plain, frac] = wirings.map(wiring => tiny({ wiring }).inspect(tokens()).similarities);
    for (const [i, values] of frac!.entries()) {
      for (const [j, value] of values.entries()) expect(value).toBeCloseTo(plain![i]![j]!, 4);
    }
    expect(Math.max(...plain!.flatMap(each => [...each]))).toBeLessThan(0.999);
    const model = tiny({ wiring: { kind: 'frac', rate: 4 } });
    const gain = model.weights['layers.1.feed_forward_connection.prenorm.weight']!;
    tf.tidy(() => gain.assign(normal([16])));
    // The last site's gain comes after all that is measured.
    const last = model.inspect(tokens()).similarities.at(-1)!;
    for (const [j, value] of last.entries()) expect(value).toBeCloseTo(frac!.at(-1)![j]!, 5);
  });

  it('has the cosine of the embedding and the next input at the first pair', () => {
    // Without feed-forward network, and with an unembedding that does nothing, the logits point where that input does.
    const model = perturb(tiny({ layers: 1, vocabSize: 16 }));
    const set = (name: string, value: tf.Tensor) => model.weights[name]!.assign(value as tf.Tensor);
    set('layers.0.feed_forward.down_proj.weight', tf.zeros([16, 12]));
    set('norm.weight', tf.ones([16]));
    set('lm_head.weight', tf.eye(16));
    const embedding = model.weights['embed_tokens.weight']!.arraySync() as number[][];
    const logits = model.apply(tokens()).arraySync() as number[][][];
    const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
    const cosine = (a: number[], b: number[]) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
    const want = tokens()
      .arraySync()
      .flatMap((row, b) => row.map((token, t) => cosine(embedding[token]!, logits[b]![t]!)));
    const [got, ...rest] = model.inspect(tokens()).similarities;
    expect(rest).toEqual([]);
    for (const [i, value] of want.entries()) expect(got![i]).toBeCloseTo(value, 4);
    expect(Math.min(...want)).toBeLessThan(0.9);
  });

  it('shows what each connection of a manifold started from and does', () => {
    const model = tiny({ wiring: { kind: 'manifold', rate: 2 } });
    const fresh = model.inspect(tokens()).connections;
    expect(fresh[0]!.initial.alpha.map(row => row[0]!.toFixed(4))).toEqual(['0.7500', '0.2500']);
    expect(fresh[1]!.initial.alpha.map(row => row[0]!.toFixed(4))).toEqual(['0.2500', '0.7500']);
    expect(fresh[0]!.initial.beta).toEqual([1, 1]);
    for (const each of fresh) {
      expect(each.static).toEqual(each.initial);
      expect(each.tokenMean!.alpha.flat()).toHaveLength(6);
    }
    perturb(model);
    const given = tokens();
    const before = tf.memory().numTensors;
    const learned = model.inspect(given).connections[0]!;
    expect(learned.static.alpha).not.toEqual(learned.initial.alpha);
    expect(learned.tokenMean!.alpha).not.toEqual(learned.static.alpha);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it('shows what each connection started from, learned and does', () => {
    const model = tiny({ wiring: { kind: 'hyper', rate: 2 } });
    const fresh = model.inspect(tokens()).connections;
    expect(fresh.map(each => each.name)).toEqual(model.inspect(tokens()).sites);
    expect(fresh[0]!.initial).toEqual({
      alpha: [
        [1, 1, 0],
        [0, 0, 1],
      ],
      beta: [1, 1],
    });
    expect(fresh[1]!.initial.alpha.map(row => row[0])).toEqual([0, 1]);
    for (const each of fresh) {
      expect(each.static).toEqual(each.initial);
      expect(each.tokenMean).toEqual(each.initial);
    }
    perturb(model, 0.5);
    const [first] = model.inspect(tokens()).connections;
    expect(first!.static.alpha.flat()).toEqual([
      ...model.weights['layers.0.attention_connection.static_alpha']!.dataSync(),
    ]);
    expect(first!.initial).toEqual(fresh[0]!.initial);
    const h = tf.tile(tf.gather(model.weights['embed_tokens.weight']!, tf.reshape(tokens(), [10])), [1, 2]);
    const joints = createJoints(model.options);
    joints.stack!.loadStateDict(
      Object.fromEntries(
        Object.keys(joints.stack!.stateDict()).map(name => {
          const [site, ...rest] = name.split('.');
          return [name, model.weights[`${fresh[Number(site)]!.name}_connection.${rest.join('.')}`]!];
        }),
      ),
    );
    const { alpha, beta } = joints.stack!.connections[0]!.width(h);
    const { tokenMean } = first!;
    expect(distance(tf.tensor(tokenMean!.alpha), tf.mean(alpha, 0))).toBeLessThan(1e-5);
    expect(distance(tf.tensor(tokenMean!.beta), tf.mean(beta, 0))).toBeLessThan(1e-5);
    expect(distance(tf.tensor(tokenMean!.alpha), tf.tensor(first!.static.alpha))).toBeGreaterThan(0.001);
  });

  it('has no token means where all is static, and no connections where there are none', () => {
    const model = perturb(tiny({ wiring: { kind: 'frac', rate: 4, dynamic: false } }));
    expect(model.inspect(tokens()).connections.map(each => 'tokenMean' in each)).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(tiny().inspect(tokens()).connections).toEqual([]);
  });
});
