import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCheckpoint } from '../../lib/train/checkpoint.js';
import { readLog } from '../../lib/train/log.js';
import type { TrainerOptions } from '../../lib/train/options.js';
import { type StepReport, Trainer } from '../../lib/train/trainer.js';
import type { TrainHooks } from '../../lib/train/training_loop.js';
import { repeats } from '../support/repeats.js';
import { patternData, StandIn } from './stand_in.js';

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fc-trainer-'));
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

const BASE = { steps: 10, batchSize: 4, warmup: 3, evalEvery: 0, checkpointEvery: 0, learningRate: 0.02 };

async function run(options: Partial<TrainerOptions> = {}, hooks: TrainHooks = {}, from?: string) {
  const model = new StandIn();
  const trainer = new Trainer(model, { data: patternData(), ...BASE, ...options });
  if (from) trainer.load(from);
  const reports: StepReport[] = [];
  const onStep = (report: StepReport) => {
    reports.push(report);
    hooks.onStep?.(report);
  };
  const result = await trainer.train({ ...hooks, onStep });
  trainer.dispose();
  const weights = Object.values(model.weights).map(weight => weight.dataSync().slice());
  model.dispose();
  return { result, reports, losses: reports.map(({ loss }) => loss), weights };
}

function expectSameNumbers(got: ArrayLike<number>, expected: ArrayLike<number>) {
  if (repeats()) expect(Array.from(got)).toEqual(Array.from(expected));
  else Array.from(got).forEach((x, i) => void expect(x).toBeCloseTo(expected[i]!, 4));
}

describe('Trainer', () => {
  it('learns, with finite numbers, and reports each step', async () => {
    const { result, reports, losses } = await run({ steps: 150, learningRate: 0.1, weightDecay: 0 });
    expect(losses[0]!).toBeGreaterThan(3.4);
    expect(result.smoothedLoss).toBeLessThan(losses[0]! - 0.3);
    expect(result).toMatchObject({ step: 150, stopped: false, loss: losses.at(-1), checkpoint: null });
    expect(reports.map(({ step }) => step)).toEqual(Array.from({ length: 150 }, (_, i) => i + 1));
    for (const { terms, time, event, ...numbers } of reports) {
      for (const [name, value] of Object.entries({ ...numbers, ...terms })) {
        expect(Number.isFinite(value), name).toBe(true);
      }
      expect(terms.total).toBeCloseTo(terms.loss! + 1e-3 * terms.size!, 4);
    }
    for (const [i, rate] of [0.1 / 3, 0.2 / 3, 0.1, 0.1].entries()) {
      expect(reports[i]!.learningRate).toBeCloseTo(rate, 12);
    }
    const weights = losses.map((_, i) => 0.98 ** (losses.length - 1 - i));
    const sum = losses.reduce((total, loss, i) => total + loss * weights[i]!, 0);
    expect(result.smoothedLoss).toBeCloseTo(sum / weights.reduce((a, b) => a + b), 9);
    expect(reports.at(-1)!.secondsLeft).toBe(0);
    expect(reports[74]!.secondsLeft).toBeGreaterThan(0);
  });

  it('logs each step, also when nobody listens', async () => {
    const out = path.join(folder, 'silent');
    const model = new StandIn();
    const trainer = new Trainer(model, { data: patternData(), ...BASE, evalEvery: 2, out });
    await trainer.train({ until: 3 });
    expect(readLog(path.join(out, 'log.jsonl')).map(({ event, step }) => [event, step])).toEqual([
      ['step', 1],
      ['step', 2],
      ['evaluation', 2],
      ['step', 3],
    ]);
    trainer.dispose();
    model.dispose();
  });

  it.each([Number.NaN, 1.5, -1])('refuses to train until step %s', async until => {
    const trainer = new Trainer(new StandIn(), { data: patternData(), ...BASE });
    await expect(trainer.train({ until })).rejects.toThrow(
      `Trainer.train: until must be an integer, 0 or more, got ${until}`,
    );
    expect(trainer.step).toBe(0);
    trainer.dispose();
  });

  it('repeats by seed', async () => {
    const one = await run();
    const two = await run();
    expectSameNumbers(two.losses, one.losses);
    one.weights.forEach((weight, i) => {
      expectSameNumbers(two.weights[i]!, weight);
    });
    expect((await run({ data: patternData(8, 4) })).losses).not.toEqual(one.losses);
  });

  it('accumulates to the large batch', async () => {
    const large = await run({ batchSize: 8, steps: 4 });
    const small = await run({ batchSize: 2, accumulate: 4, steps: 4 });
    large.reports.forEach(({ loss, terms, gradientNorm }, i) => {
      expect(small.reports[i]!.loss).toBeCloseTo(loss, 4);
      expect(small.reports[i]!.terms.size).toBeCloseTo(terms.size!, 4);
      expect(small.reports[i]!.gradientNorm).toBeCloseTo(gradientNorm, 4);
    });
    large.weights.forEach((weight, i) => {
      weight.forEach((x, j) => void expect(Math.abs(x - small.weights[i]![j]!)).toBeLessThan(2e-4));
    });
    expect(large.losses).not.toEqual((await run({ batchSize: 2, steps: 4 })).losses);
  });

  it.each([
    [0, 1],
    [1000, 1],
    [0.05, 2],
  ])('clips the global norm at %f, accumulating %i', async (clip, accumulate) => {
    const out = path.join(folder, `clip-${clip}`);
    const { reports } = await run({ clip, accumulate, out, steps: 1, warmup: 0 });
    const { gradientNorm } = reports[0]!;
    expect(gradientNorm).toBeGreaterThan(0.1);
    const checkpoint = readCheckpoint(out);
    const means = Object.entries(checkpoint.optimizer).filter(([name]) => name.startsWith('m.'));
    const norm = Math.hypot(...means.flatMap(([, m]) => [...m.dataSync()]));
    // After one step the mean is a tenth of the gradient that was used.
    expect(norm).toBeCloseTo(0.1 * (clip > 0 ? Math.min(gradientNorm, clip) : gradientNorm), 5);
    checkpoint.dispose();
  });

  it('decays one group only', async () => {
    const plain = await run({ weightDecay: 0, steps: 3 });
    const decayed = await run({ weightDecay: 5, steps: 1, warmup: 0 });
    const undecayed = await run({ weightDecay: 0, steps: 1, warmup: 0 });
    const moved = decayed.weights.map((weight, i) => weight.some((x, j) => x !== undecayed.weights[i]![j]));
    expect(
      Object.fromEntries(['embed', 'gain', 'hidden', 'head'].map((name, i) => [name, moved[i]])),
    ).toEqual({
      embed: false,
      gain: false,
      hidden: true,
      head: true,
    });
    expect(plain.losses[0]).toBe(decayed.losses[0]);
  });

  it('resumes to the same losses: 10 steps are 5 and 5', async () => {
    const options = { evalEvery: 2, accumulate: 2 };
    const straight = await run({ ...options, out: path.join(folder, 'straight') });
    const out = path.join(folder, 'resumed');
    const first = await run({ ...options, out }, { until: 5 });
    expect(first.result).toMatchObject({
      step: 5,
      stopped: false,
      checkpoint: path.join(out, 'last.safetensors'),
    });
    const second = await run({ ...options, out }, {}, out);
    expectSameNumbers([...first.losses, ...second.losses], straight.losses);
    straight.weights.forEach((weight, i) => {
      expectSameNumbers(second.weights[i]!, weight);
    });
    const strip = (file: string) =>
      readLog(path.join(file, 'log.jsonl')).map(record =>
        record.event === 'step'
          ? [record.step, record.loss, record.smoothedLoss, record.gradientNorm, record.learningRate]
          : [record.step, record.loss],
      );
    expectSameNumbers(strip(out).flat(), strip(path.join(folder, 'straight')).flat());
    expectSameNumbers([second.result.best!.loss], [straight.result.best!.loss]);
    expect(second.result.seconds).toBeGreaterThan(first.result.seconds);
  });

  it('cuts the log back to the checkpoint it resumes from', async () => {
    const out = path.join(folder, 'cut');
    await run({ out, checkpointEvery: 4 }, { until: 4 });
    fs.copyFileSync(path.join(out, 'last.safetensors'), path.join(out, 'four.safetensors'));
    await run({ out }, {}, out);
    const log = fs.readFileSync(path.join(out, 'log.jsonl'), 'utf8');
    expect(readLog(path.join(out, 'log.jsonl')).map(({ step }) => step)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
    fs.appendFileSync(path.join(out, 'log.jsonl'), '{"event":"st');
    await run({ out }, { until: 6 }, path.join(out, 'four.safetensors'));
    const records = readLog(path.join(out, 'log.jsonl'));
    expect(records.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(fs.readFileSync(path.join(out, 'log.jsonl'), 'utf8').split('\n').slice(0, 4)).toEqual(
      log.split('\n').slice(0, 4),
    );
  });

  it('evaluates on the same windows every time and keeps the best', async () => {
    const out = path.join(folder, 'best');
    const seen: number[] = [];
    const onEvaluation = ({ step }: { step: number }) => void seen.push(step);
    const { result } = await run({ out, evalEvery: 4, evalBatches: 2, steps: 10 }, { onEvaluation });
    expect(seen).toEqual([4, 8, 10]);
    const records = readLog(path.join(out, 'log.jsonl')).filter(record => record.event === 'evaluation');
    expect(records.map(({ step }) => step)).toEqual([4, 8, 10]);
    const lowest = records.reduce((a, b) => (b.loss < a.loss ? b : a));
    expect(result.best).toEqual({ step: lowest.step, loss: lowest.loss });
    expect(result.evaluation).toEqual({ step: 10, loss: records[2]!.loss });

    const best = readCheckpoint(path.join(out, 'best.safetensors'));
    const model = new StandIn();
    model.loadStateDict(best.weights);
    const trainer = new Trainer(model, { data: patternData(), ...BASE, evalBatches: 2 });
    const again = await trainer.evaluate();
    expect(again).toBeCloseTo(lowest.loss, 5);
    expectSameNumbers([await trainer.evaluate()], [again]);
    expect(best.state.step).toBe(lowest.step);
  });

  it('refuses to evaluate where nothing is held out', async () => {
    const data = { ...patternData(), heldOutTokens: 0 };
    await expect(new Trainer(new StandIn(), { ...BASE, data }).evaluate()).rejects.toThrow(
      'must have a held-out part',
    );
  });

  it('ends after the step it is in when the signal comes, saved', async () => {
    const out = path.join(folder, 'signal');
    const controller = new AbortController();
    const onStep = ({ step }: StepReport) => {
      if (step === 3) controller.abort();
    };
    const { result, losses } = await run({ out }, { signal: controller.signal, onStep });
    expect(result).toMatchObject({ step: 3, stopped: true, checkpoint: path.join(out, 'last.safetensors') });
    const rest = await run({ out }, {}, out);
    expectSameNumbers([...losses, ...rest.losses], (await run()).losses);
  });

  it('lets events through between steps', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 1);
    const { result } = await run({ steps: 1000 }, { signal: controller.signal });
    expect(result.stopped).toBe(true);
  });

  it('leaks no tensors: as many after step 100 as after step 10', async () => {
    const before = tf.memory().numTensors;
    const counts: number[] = [];
    const onStep = ({ step }: StepReport) => {
      counts[step] = tf.memory().numTensors;
    };
    const out = path.join(folder, 'leak');
    await run({ out, steps: 100, evalEvery: 20, checkpointEvery: 20, accumulate: 2 }, { onStep });
    expect(counts[100]).toBe(counts[10]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('leaks none when a later one of the accumulated batches fails', async () => {
    const model = new StandIn();
    const trainer = new Trainer(model, { data: patternData(), ...BASE, accumulate: 3 });
    const before = tf.memory().numTensors;
    const { loss } = model;
    let calls = 0;
    model.loss = (tokens, targets) => {
      if (++calls === 3) throw new Error('of the model');
      return loss.call(model, tokens, targets);
    };
    await expect(trainer.train()).rejects.toThrow('of the model');
    expect(tf.memory().numTensors).toBe(before);
    trainer.dispose();
    model.dispose();
  });

  it('says when it has diverged, and keeps the last good checkpoint', async () => {
    const out = path.join(folder, 'diverged');
    const model = new StandIn();
    const trainer = new Trainer(model, { data: patternData(), ...BASE, checkpointEvery: 2, out });
    const onStep = ({ step }: StepReport) => {
      if (step === 5) model.factor = Number.NaN;
    };
    const before = tf.memory().numTensors;
    const file = path.join(out, 'last.safetensors');
    await expect(trainer.train({ onStep })).rejects.toMatchObject({
      code: 'ERR_DIVERGED',
      message:
        'Trainer: the loss became NaN at step 6 (learning rate 0.0166); the last good checkpoint is ' +
        `${file} (step 4); a lower learning rate may help`,
    });
    expect(tf.memory().numTensors).toBe(before);
    expect(trainer.step).toBe(5);
    expect(model.weights.head!.dataSync().every(Number.isFinite)).toBe(true);
    const { state, dispose } = readCheckpoint(out);
    expect(state.step).toBe(4);
    dispose();
    trainer.dispose();
  });

  it('does not save weights that are not finite', async () => {
    const out = path.join(folder, 'infinite');
    const model = new StandIn();
    const trainer = new Trainer(model, { data: patternData(), ...BASE, out });
    await trainer.train({ until: 2 });
    const bytes = fs.readFileSync(path.join(out, 'last.safetensors'));
    model.weights.gain!.assign(tf.fill([8], Number.POSITIVE_INFINITY));
    expect(() => trainer.save()).toThrow('Trainer: a weight became NaN or infinite at step 2');
    expect(fs.readFileSync(path.join(out, 'last.safetensors'))).toEqual(bytes);
  });

  it('refuses a folder that holds another run, unless told to overwrite it', async () => {
    const out = path.join(folder, 'taken');
    await run({ out, evalEvery: 1, steps: 2, warmup: 0 });
    const files = fs.readdirSync(out).map(name => fs.readFileSync(path.join(out, name)));
    await expect(run({ out })).rejects.toThrow(`${out} already holds a run (log.jsonl); resume it`);
    expect(fs.readdirSync(out).map(name => fs.readFileSync(path.join(out, name)))).toEqual(files);
    await run({ out, overwrite: true, steps: 3 });
    expect(fs.readdirSync(out).sort()).toEqual(['last.safetensors', 'log.jsonl']);
    expect(readLog(path.join(out, 'log.jsonl')).length).toBe(3);
  });

  it('refuses weights that are in no group or in both', () => {
    const make = (group: 'decayWeights' | 'noDecayWeights', weights: tf.Variable[]) => {
      const model = new StandIn();
      Object.defineProperty(model, group, { value: weights });
      return new Trainer(model, { data: patternData() });
    };
    expect(() => make('noDecayWeights', [])).toThrow('embed must be in one of the model');
    const both = new StandIn();
    Object.defineProperty(both, 'decayWeights', { value: Object.values(both.weights) });
    expect(() => new Trainer(both, { data: patternData() })).toThrow('noDecayWeights, is in both');
  });
});

describe('Trainer options', () => {
  const noHeldOut = { ...patternData(), heldOutTokens: 0 };
  it.each([
    [{ steps: 0 }, 'Trainer: steps must be an integer, 1 or more, got 0'],
    [{ batchSize: 1.5 }, 'batchSize must be an integer, 1 or more, got 1.5'],
    [{ accumulate: 0 }, 'accumulate must be an integer'],
    [{ learningRate: 0 }, 'learningRate must be a number above 0, got 0'],
    [{ learningRate: Number.NaN }, 'learningRate must be a number above 0, got NaN'],
    [{ learningRate: '1' }, 'learningRate must be a number above 0, got "1"'],
    [{ minLearningRate: 1 }, 'minLearningRate must be at most learningRate 0.001, got 1'],
    [{ warmup: -1 }, 'warmup must be an integer, 0 or more, got -1'],
    [{ warmup: 5, steps: 4 }, 'warmup must be at most steps 4, got 5'],
    [{ beta1: 1 }, 'beta1 must be below 1, got 1'],
    [{ clip: Number.POSITIVE_INFINITY }, 'clip must be a finite number, 0 or more, got Infinity'],
    [{ out: '' }, 'out must be a path, got ""'],
    [{ batch: 3 }, "unknown option 'batch'; the options are data, steps"],
    [{ data: undefined }, 'data must be what openData or openText returns, got undefined'],
    [{ data: noHeldOut }, 'evalEvery must be 0 for data without a held-out part'],
  ])('%o', (options, message) => {
    const given = { data: patternData(), ...options } as TrainerOptions;
    expect(() => new Trainer(new StandIn(), given)).toThrow(message);
  });

  it('has defaults that follow from the others', () => {
    const { options } = new Trainer(new StandIn(), { data: patternData(), learningRate: 0.5, steps: 50 });
    expect(options).toMatchObject({
      minLearningRate: 0.05,
      warmup: 5,
      clip: 1,
      weightDecay: 0.1,
      beta2: 0.95,
    });
  });
});
