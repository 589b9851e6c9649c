import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LanguageModel } from '../../lib/models/language_model.js';
import type { LanguageModelOptions, Wiring } from '../../lib/models/options.js';
import { loadWeights, readCheckpoint } from '../../lib/train/checkpoint.js';
import type { TrainerOptions, TrainingData } from '../../lib/train/options.js';
import { type StepReport, Trainer } from '../../lib/train/trainer.js';
import { repeats } from '../support/repeats.js';
import { patternData } from './stand_in.js';

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fc-language-model-'));
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

const SMALL = { vocabSize: 32, dim: 16, layers: 2, heads: 2, context: 8, initStd: 0.1 };
const MODELS: [string, Partial<LanguageModelOptions>][] = [
  ['residual', {}],
  ['DFCx4', { wiring: { kind: 'frac', rate: 4 } }],
  ['SFCx2', { wiring: { kind: 'frac', rate: 2, dynamic: false } }],
  ['DHCx2', { wiring: { kind: 'hyper', rate: 2 } }],
  ['mHCx2', { wiring: { kind: 'manifold', rate: 2 } }],
  ['DFCx2 with experts', { wiring: { kind: 'frac', rate: 2 }, experts: 4, expertsPerToken: 2, ffnDim: 8 }],
];

const make = (options: Partial<LanguageModelOptions>) => new LanguageModel({ ...SMALL, ...options });

async function losses(trainer: Trainer, until?: number): Promise<number[]> {
  const seen: number[] = [];
  await trainer.train({
    until,
    onStep: ({ loss, gradientNorm }: StepReport) => void seen.push(loss, gradientNorm),
  });
  return seen;
}

/** The same one batch, every step. */
function oneBatch(): TrainingData {
  const data = patternData();
  const { tokens, targets } = data.batches(2).next();
  const [x, y] = [tokens.arraySync(), targets.arraySync()];
  tf.dispose([tokens, targets]);
  const next = () => ({ tokens: tf.tensor2d(x, [2, 8], 'int32'), targets: tf.tensor2d(y, [2, 8], 'int32') });
  return { ...data, batches: size => ({ ...data.batches(size), next }) };
}

describe.each(MODELS)('training a language model: %s', (name, options) => {
  const course: Omit<TrainerOptions, 'data'> = { steps: 6, batchSize: 2, learningRate: 0.01, evalEvery: 0 };

  it('overfits one batch', async () => {
    const model = make(options);
    const trainer = new Trainer(model, { ...course, data: oneBatch(), steps: 60, warmup: 5, weightDecay: 0 });
    const seen: number[] = [];
    const reached = new AbortController();
    const onStep = ({ loss }: StepReport) => {
      seen.push(loss);
      if (loss < 0.1) reached.abort();
    };
    await trainer.train({ onStep, signal: reached.signal });
    expect(seen.every(Number.isFinite)).toBe(true);
    expect(seen[0]).toBeGreaterThan(3);
    expect(seen.at(-1)).toBeLessThan(0.1);
    trainer.dispose();
    model.dispose();
  });

  it('resumes to the same losses, and its checkpoint gives the model back', async () => {
    const out = path.join(folder, name);
    const straight = await losses(new Trainer(make(options), { ...course, data: patternData() }));
    const first = await losses(new Trainer(make(options), { ...course, out, data: patternData() }), 3);
    // Other initial weights: all of them must come from the checkpoint.
    const trainer = new Trainer(make(options), { ...course, out, data: patternData() });
    for (const weight of Object.values(trainer.model.weights)) weight.assign(tf.randomNormal(weight.shape));
    trainer.load(out);
    const resumed = [...first, ...(await losses(trainer))];
    if (repeats()) expect(resumed).toEqual(straight);
    else resumed.forEach((x, i) => void expect(x).toBeCloseTo(straight[i]!, 3));

    const checkpoint = readCheckpoint(out);
    const model = LanguageModel.fromJSON(checkpoint.state.model as LanguageModelOptions);
    loadWeights(model, checkpoint);
    checkpoint.dispose();
    const tokens = tf.tensor2d([[1, 2, 3]], [1, 3], 'int32');
    expect(model.apply(tokens).dataSync()).toEqual((trainer.model as LanguageModel).apply(tokens).dataSync());
    expect(() => loadWeights(make({ ...options, layers: 1 }), readCheckpoint(out))).toThrow(
      'model.layers is 2 there',
    );
  });

  it('leaks no tensors', async () => {
    const before = tf.memory().numTensors;
    const model = make(options);
    const trainer = new Trainer(model, {
      ...course,
      data: patternData(),
      accumulate: 2,
      evalEvery: 2,
      evalBatches: 1,
    });
    const counts: number[] = [];
    await trainer.train({ onStep: () => void counts.push(tf.memory().numTensors) });
    expect(new Set(counts).size).toBe(1);
    trainer.dispose();
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('changes every weight within three steps', async () => {
    const model = make({ ...options, seed: 3 });
    const before = Object.values(model.weights).map(weight => weight.dataSync().slice());
    const trainer = new Trainer(model, { ...course, data: patternData(), batchSize: 16, warmup: 0 });
    // The dynamic weights' own gradients are zero in the first step, where W = 0 makes their norm and scale idle.
    await trainer.train({ until: 3 });
    Object.entries(model.weights).forEach(([key, weight], i) => {
      expect(weight.dataSync(), key).not.toEqual(before[i]);
    });
  });
});

describe('a step with experts', () => {
  it('has a gradient for every expert that a token chose, and none for the others', () => {
    const wiring: Wiring = { kind: 'frac', rate: 2 };
    const model = make({ wiring, experts: 16, expertsPerToken: 1, ffnDim: 8, layers: 1 });
    const tokens = tf.tensor2d([[1, 2, 3, 4, 5, 6, 7, 8]], [1, 8], 'int32');
    const experts = Object.values(model.weights).filter(weight => weight.rank === 3);
    const { grads } = tf.variableGrads(() => model.loss(tokens, tokens).total, Object.values(model.weights));
    const largest = experts.map(weight => [...tf.max(tf.abs(grads[weight.name]!), [1, 2]).dataSync()]);
    const used = largest.map(values => values.map(value => value > 0));
    expect(used.length).toBe(3);
    expect(used[0]!.filter(Boolean).length).toBeGreaterThan(1);
    expect(used[0]!.filter(Boolean).length).toBeLessThanOrEqual(8);
    expect(used).toEqual([used[0], used[0], used[0]]);
    tf.dispose(grads);
    model.dispose();
  });

  it('reports the balance and z losses, and sums them into the total', async () => {
    const model = make({ experts: 4, expertsPerToken: 2, ffnDim: 8 });
    const trainer = new Trainer(model, { data: patternData(), steps: 1, warmup: 0, batchSize: 2 });
    await trainer.train({
      onStep: ({ terms }) => {
        expect(terms.balanceLoss).toBeGreaterThan(0.9);
        expect(terms.total).toBeCloseTo(terms.loss! + 0.01 * terms.balanceLoss! + 0.001 * terms.zLoss!, 4);
      },
    });
  });
});
