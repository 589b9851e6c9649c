import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { FracConnectionsError } from '../../lib/common/errors.js';
import { LanguageModel } from '../../lib/models/language_model.js';
import type { LanguageModelOptions, Wiring } from '../../lib/models/options.js';
import { distance, perturb, randomTokens, TINY, tiny } from './helpers.js';

const WIRINGS: Wiring[] = [
  { kind: 'residual' },
  { kind: 'frac', rate: 4 },
  { kind: 'frac', rate: 2, dynamic: false },
  { kind: 'hyper', rate: 2 },
  { kind: 'manifold', rate: 2 },
];
const named = (wiring: Wiring) => JSON.stringify(wiring);

const models: LanguageModel[] = [];
afterEach(() => {
  for (const model of models.splice(0)) model.dispose();
});
const make = (options: Partial<LanguageModelOptions> = {}) => {
  models.push(perturb(tiny(options)));
  return models.at(-1)!;
};

const codeOf = (f: () => unknown): string | undefined => {
  try {
    f();
  } catch (error) {
    return error instanceof FracConnectionsError ? `${error.code} ${error.message}` : String(error);
  }
  return undefined;
};

describe('LanguageModel.apply', () => {
  for (const wiring of WIRINGS) {
    for (const experts of [0, 4]) {
      it(`is causal and keeps sequences apart: ${named(wiring)}, ${experts} experts`, () => {
        const model = make({ wiring, experts });
        const tokens = randomTokens(3, 5).arraySync();
        const logits = (rows: number[][]) => model.apply(tf.tensor2d(rows, undefined, 'int32'));
        const before = logits(tokens);
        expect(before.shape).toEqual([3, 5, 11]);
        const changed = structuredClone(tokens);
        changed[1]![3] = (changed[1]![3]! + 1) % 11;
        const difference = tf.max(tf.abs(tf.sub(logits(changed), before)), -1).arraySync() as number[][];
        for (const [b, row] of difference.entries()) {
          for (const [t, value] of row.entries()) {
            if (b === 1 && t >= 3) expect(value).toBeGreaterThan(1e-3);
            else expect(value).toBeLessThan(1e-5);
          }
        }
        const alone = logits([tokens[2]!]);
        expect(distance(alone, tf.slice(before, [2, 0, 0], [1, -1, -1]))).toBeLessThan(2e-6);
      });
    }
  }

  it('takes any length up to the context, and the full context gives what a part of it gives', () => {
    const model = make();
    const tokens = randomTokens(2, 6);
    const full = model.apply(tokens);
    const part = model.apply(tf.slice(tokens, [0, 0], [-1, 4]));
    expect(distance(part, tf.slice(full, [0, 0, 0], [-1, 4, -1]))).toBeLessThan(2e-6);
    expect(model.apply(randomTokens(1, 1)).shape).toEqual([1, 1, 11]);
  });
});

describe('LanguageModel.loss', () => {
  it('is the mean cross entropy of the logits', () => {
    const model = make({ wiring: { kind: 'frac', rate: 4 } });
    const [tokens, targets] = [randomTokens(2, 6), randomTokens(2, 6, 11, 2)];
    const p = tf.softmax(model.apply(tokens)).arraySync() as number[][][];
    const terms = targets
      .arraySync()
      .flatMap((row, b) => row.map((token, t) => -Math.log(p[b]![t]![token]!)));
    const { loss, total, ...rest } = model.loss(tokens, targets);
    expect(loss.dataSync()[0]).toBeCloseTo(terms.reduce((sum, each) => sum + each, 0) / terms.length, 5);
    expect(total.dataSync()).toEqual(loss.dataSync());
    expect(rest).toEqual({});
    loss.dispose();
    expect(total.isDisposed).toBe(false);
  });

  it('adds the router losses with their weights', () => {
    const model = make({ experts: 4, balanceLossWeight: 0.5, zLossWeight: 0.25 });
    const values = Object.entries(model.loss(randomTokens(2, 6), randomTokens(2, 6))).map(([name, term]) => [
      name,
      term.dataSync()[0]!,
    ]);
    const { loss, total, balanceLoss, zLoss } = Object.fromEntries(values) as Record<string, number>;
    expect(balanceLoss).toBeGreaterThan(0.5);
    expect(zLoss).toBeGreaterThan(0.1);
    expect(total).toBeCloseTo(loss! + 0.5 * balanceLoss! + 0.25 * zLoss!, 5);
  });
});

describe('weights', () => {
  it('are the same in every wiring and every run, but for the wiring', () => {
    const [plain, ...others] = WIRINGS.map(wiring => tiny({ wiring }));
    for (const other of [...others, tiny()]) {
      const shared = Object.keys(plain!.weights).filter(
        name => !name.includes('_norm.weight') || name.includes('.attention.'),
      );
      for (const name of shared) {
        expect(other.weights[name]!.dataSync(), name).toEqual(plain!.weights[name]!.dataSync());
      }
      expect(other.decayWeights.length + other.noDecayWeights.length).toBe(Object.keys(other.weights).length);
    }
    const seeded = tiny({ seed: 4 });
    expect(distance(seeded.weights['lm_head.weight']!, plain!.weights['lm_head.weight']!)).toBeGreaterThan(
      0.1,
    );
  });

  it('have the standard deviation asked for', () => {
    const model = new LanguageModel({ ...TINY, vocabSize: 1000, initStd: 0.05 });
    const { variance, mean } = tf.moments(model.weights['embed_tokens.weight']!);
    expect(Math.sqrt(variance.dataSync()[0]!)).toBeCloseTo(0.05, 3);
    expect(mean.dataSync()[0]).toBeCloseTo(0, 2);
  });

  it('are under decay when they are matrices or dynamic weights', () => {
    const model = make({ wiring: { kind: 'frac', rate: 4 }, experts: 4, layers: 1 });
    const decay = new Set(model.decayWeights);
    const names = Object.keys(model.weights).filter(name => decay.has(model.weights[name]!));
    const connection = [
      'layer_norm.weight',
      'dynamic_alpha_fn',
      'dynamic_beta_fn',
      'dynamic_alpha_scale',
      'dynamic_beta_scale',
    ];
    expect(names.sort()).toEqual(
      [
        ...['q', 'k', 'v', 'o'].map(each => `layers.0.attention.${each}_proj.weight`),
        ...['router', 'experts.gate_proj', 'experts.up_proj', 'experts.down_proj'].map(
          each => `layers.0.feed_forward.${each}.weight`,
        ),
        ...['attention', 'feed_forward'].flatMap(site =>
          connection.map(each => `layers.0.${site}_connection.${each}`),
        ),
        'lm_head.weight',
      ].sort(),
    );
    expect(model.noDecayWeights).toContain(model.weights['layers.0.attention_connection.static_alpha']);
    expect(model.noDecayWeights).toContain(model.weights['layers.0.attention_connection.prenorm.weight']);
    expect(model.noDecayWeights).toContain(model.weights['embed_tokens.weight']);
  });
});

describe('state and configuration', () => {
  it('travel to another model', () => {
    const model = make({ wiring: { kind: 'frac', rate: 4 } });
    const other = LanguageModel.fromJSON(JSON.parse(JSON.stringify(model)));
    models.push(other);
    expect(other.toJSON()).toEqual(model.toJSON());
    const tokens = randomTokens(1, 6);
    expect(distance(other.apply(tokens), model.apply(tokens))).toBeGreaterThan(0.01);
    other.loadStateDict(model.stateDict());
    expect(distance(other.apply(tokens), model.apply(tokens))).toBe(0);
  });

  it('of another configuration are refused, and change nothing', () => {
    const model = make({ wiring: { kind: 'frac', rate: 4 } });
    const before = model.apply(randomTokens(1, 6));
    const others: Partial<LanguageModelOptions>[] = [
      { wiring: { kind: 'frac', rate: 2 } },
      {},
      { layers: 1 },
      { experts: 4 },
    ];
    for (const options of others) {
      const message = codeOf(() => model.loadStateDict({ ...make({ ...options }).stateDict() }));
      expect(message).toMatch(/^ERR_WEIGHTS LanguageModel.loadStateDict: /);
    }
    expect(distance(model.apply(randomTokens(1, 6)), before)).toBe(0);
  });
});

describe('errors', () => {
  it('name the option, the rule and what it got', () => {
    const cases: [object, RegExp][] = [
      [{ dim: 18 }, /dim must be a multiple of 2 \* heads = 8, got 18/],
      [{ kvHeads: 3 }, /kvHeads must divide heads = 4, got 3/],
      [{ layers: 0 }, /layers must be an integer, 1 or more, got 0$/],
      [{ vocabSize: 2.5 }, /vocabSize must be an integer, 2 or more, got 2.5$/],
      [{ vocabSize: 1 }, /vocabSize must be an integer, 2 or more, got 1$/],
      [{ context: undefined }, /context must be an integer, 1 or more, got undefined$/],
      [{ heads: '4' }, /heads must be an integer, 1 or more, got "4"$/],
      [{ normEpsilon: Number.NaN }, /normEpsilon must be a finite number, 0 or more, got NaN$/],
      [{ checkpointing: 1 }, /checkpointing must be true or false, got 1$/],
      [{ dropout: 0.1 }, /unknown option 'dropout'$/],
      [{ experts: 2, expertsPerToken: 3 }, /expertsPerToken must be at most experts = 2, got 3$/],
      [{ wiring: { kind: 'frac' } }, /wiring.rate must be an integer, 1 or more, got undefined$/],
      [{ wiring: { kind: 'frac', rate: 3 } }, /dim must be a multiple of wiring.rate = 3, got 16$/],
      [{ wiring: { kind: 'frac', rate: 16 } }, /wiring.rate must be an integer from 1 to 8, got 16$/],
      [{ wiring: { kind: 'hyper', rate: 17 } }, /wiring.rate must be an integer from 1 to 16, got 17$/],
      [
        { wiring: { kind: 'manifold', rate: 2, form: 'log' } },
        /wiring.form must be 'softmax' or 'exp', got "log"$/,
      ],
      [{ wiring: { kind: 'manifold', rate: 2, tanh: true } }, /unknown option 'wiring.tanh'$/],
      [
        { wiring: { kind: 'frac', rate: 4, norm: 'batch' } },
        /wiring.norm must be 'rms', 'layer' or 'none', got "batch"$/,
      ],
      [{ wiring: { kind: 'residual', rate: 2 } }, /unknown option 'wiring.rate'$/],
      [
        { wiring: { kind: 'none' } },
        /wiring.kind must be 'residual', 'frac', 'hyper' or 'manifold', got "none"$/,
      ],
      [{ wiring: {} }, /wiring.kind must be 'residual', 'frac', 'hyper' or 'manifold', got undefined$/],
      [{ wiring: 4 }, /wiring must be an object, got 4$/],
    ];
    for (const [options, rule] of cases) {
      const message = codeOf(() => new LanguageModel({ ...TINY, ...options } as LanguageModelOptions));
      expect(message).toMatch(/^ERR_OPTION LanguageModel: /);
      expect(message).toMatch(rule);
    }
    expect(codeOf(() => new LanguageModel(null as never))).toMatch(
      /^ERR_OPTION LanguageModel: options must be an object, got null$/,
    );
  });

  it('name what is wrong with tokens', () => {
    const model = make();
    const int = (rows: number[][]) => tf.tensor2d(rows, undefined, 'int32');
    expect(codeOf(() => model.apply([[1]] as never))).toMatch(
      /^ERR_DTYPE LanguageModel.apply: tokens must be a tf.Tensor/,
    );
    expect(codeOf(() => model.apply(tf.tensor2d([[1]])))).toMatch(/^ERR_DTYPE .*must be int32, got float32/);
    expect(codeOf(() => model.apply(randomTokens(1, 7)))).toMatch(
      /^ERR_SHAPE .*time from 1 to 6, got \[1,7\]/,
    );
    expect(codeOf(() => model.apply(tf.zeros([0, 3], 'int32')))).toMatch(/^ERR_SHAPE .*got \[0,3\]/);
    expect(codeOf(() => model.apply(int([[1, 11]])))).toMatch(/^ERR_DATA .*must be from 0 to 10, got 11/);
    expect(codeOf(() => model.apply(int([[-1]])))).toMatch(/^ERR_DATA .*got -1/);
    expect(codeOf(() => model.loss(int([[1, 2]]), int([[1]])))).toMatch(
      /^ERR_SHAPE .*targets must be \[1,2\]/,
    );
    const gone = randomTokens(1, 2);
    gone.dispose();
    expect(codeOf(() => model.apply(gone))).toMatch(/^ERR_DISPOSED /);
  });

  it('say that the model has been disposed', () => {
    const model = tiny();
    model.dispose();
    model.dispose();
    expect(codeOf(() => model.apply(randomTokens(1, 2)))).toMatch(/^ERR_DISPOSED LanguageModel.apply: /);
    expect(codeOf(() => model.stateDict())).toMatch(/^ERR_DISPOSED LanguageModel.stateDict: /);
  });
});
