import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FracConnectionsError } from '../../lib/common/errors.js';
import { encodeSafetensors } from '../../lib/safetensors/safetensors.js';
import { loadWeights, readCheckpoint } from '../../lib/train/checkpoint.js';
import type { TrainerOptions } from '../../lib/train/options.js';
import { Trainer } from '../../lib/train/trainer.js';
import { patternData, StandIn } from './stand_in.js';

let folder: string;
let out: string;
let file: string;

const OPTIONS = { steps: 4, batchSize: 2, evalEvery: 2, checkpointEvery: 0 };
const make = (model = new StandIn(), options: Partial<TrainerOptions> = {}) =>
  new Trainer(model, { data: patternData(), ...OPTIONS, out, ...options });

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fc-checkpoint-'));
  out = path.join(folder, 'run');
  file = path.join(out, 'last.safetensors');
  await make().train({ until: 3 });
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

const contents = (dir: string) =>
  Object.fromEntries(fs.readdirSync(dir).map(name => [name, fs.readFileSync(path.join(dir, name))]));

function damaged(name: string, change: (bytes: Buffer) => Uint8Array): string {
  const copy = path.join(folder, name);
  fs.mkdirSync(copy, { recursive: true });
  for (const [entry, bytes] of Object.entries(contents(out))) fs.writeFileSync(path.join(copy, entry), bytes);
  fs.writeFileSync(path.join(copy, 'last.safetensors'), change(fs.readFileSync(file)));
  return copy;
}

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(FracConnectionsError);
    expect((error as FracConnectionsError).code).toBe('ERR_CHECKPOINT');
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

describe('readCheckpoint', () => {
  it('reads a file, or a folder for its latest', () => {
    const [a, b] = [readCheckpoint(file), readCheckpoint(out)];
    expect(a.file).toBe(b.file);
    expect(a.state).toEqual(b.state);
    expect(a.state).toMatchObject({ step: 3, model: { vocab: 32, dim: 8 }, best: { step: 2 } });
    expect(Object.keys(a.weights).sort()).toEqual(['embed', 'gain', 'head', 'hidden']);
    expect(Object.keys(a.optimizer).length).toBe(8);
    a.dispose();
    b.dispose();
  });

  it('gives weights that a model takes over to the bit', () => {
    const before = tf.memory().numTensors;
    const checkpoint = readCheckpoint(file);
    const model = new StandIn(32, 8, 77);
    loadWeights(model, checkpoint);
    expect(model.weights.head!.dataSync()).toEqual(checkpoint.weights.head!.dataSync());
    checkpoint.dispose();
    expect(model.weights.head!.dataSync()[0]).toBeTypeOf('number');
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  const bad: [string, (bytes: Buffer) => Uint8Array, RegExp][] = [
    ['cut in the weights', bytes => bytes.subarray(0, -10), /is damaged or is not a checkpoint/],
    ['cut in the header', bytes => bytes.subarray(0, 100), /is damaged or is not a checkpoint/],
    ['cut in its first bytes', bytes => bytes.subarray(0, 5), /is damaged or is not a checkpoint/],
    ['emptied', () => Buffer.alloc(0), /is damaged or is not a checkpoint/],
    [
      'another kind of file',
      () => Buffer.from('just some text that goes on for a while'),
      /damaged or is not a checkpoint/,
    ],
    [
      'weights alone',
      () => encodeSafetensors({ a: tf.zeros([2]) }),
      /holds weights but is not a checkpoint of a run/,
    ],
    [
      'without its state',
      () =>
        encodeSafetensors(
          { a: tf.zeros([2]) },
          { format: 'frac-connections checkpoint 1', state: '{"step":1}' },
        ),
      /is damaged: its state cannot be read/,
    ],
  ];
  it.each(bad)('refuses one that was %s, and touches nothing', (name, change, message) => {
    const copy = damaged(name, change);
    const files = contents(copy);
    const before = tf.memory().numTensors;
    expect(refusal(() => make(undefined, { out: copy }).load(copy))).toMatch(message);
    expect(contents(copy)).toEqual(files);
    // The model and the optimizer of this one trainer are all that was made.
    expect(tf.memory().numTensors).toBe(before + 4 + 2 * 2);
  });

  it('refuses one that is missing', () => {
    expect(refusal(() => readCheckpoint(path.join(folder, 'none')))).toContain('none does not exist');
    expect(refusal(() => readCheckpoint(folder))).toContain('last.safetensors does not exist');
  });

  it.each([
    ['model.dim is 8 there and 16 here', () => make(new StandIn(32, 16))],
    ['options.learningRate is 0.001 there and 0.01 here', () => make(undefined, { learningRate: 0.01 })],
    ['options.batchSize is 2 there and 3 here', () => make(undefined, { batchSize: 3 })],
    ['data.context is 8 there and 9 here', () => make(undefined, { data: patternData(9) })],
    ['data.seed is 3 there and 4 here', () => make(undefined, { data: patternData(8, 4) })],
    ['step is 3 there and 2 here', () => make(undefined, { steps: 2, minLearningRate: 1e-4 })],
  ])('refuses one of another run: %s', (message, trainer) => {
    const files = contents(out);
    expect(refusal(() => trainer().load(out))).toBe(`readCheckpoint: ${file} is of another run: ${message}`);
    expect(contents(out)).toEqual(files);
  });

  it('changes no weight when the optimizer state is refused', () => {
    const checkpoint = readCheckpoint(file);
    const state = JSON.stringify(checkpoint.state);
    const copy = damaged('no optimizer', () =>
      encodeSafetensors(checkpoint.weights, { format: 'frac-connections checkpoint 1', state }),
    );
    const model = new StandIn(32, 8, 5);
    const before = model.weights.head!.dataSync().slice();
    expect(refusal(() => make(model).load(copy))).toContain('m.hidden must be [8,8], got nothing');
    expect(model.weights.head!.dataSync()).toEqual(before);
  });

  it('lets a run be made longer', async () => {
    const longer = path.join(folder, 'longer');
    fs.cpSync(out, longer, { recursive: true });
    const trainer = make(undefined, { steps: 6, warmup: 1, out: longer });
    trainer.load(longer);
    expect((await trainer.train()).step).toBe(6);
  });
});
