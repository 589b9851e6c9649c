import { expect, it } from 'vitest';
import * as browser from '../../lib/models/browser.js';
import * as node from '../../lib/models/index.js';
import { Trainer as BrowserTrainer } from '../../lib/train/browser_trainer.js';
import type { TrainerOptions } from '../../lib/train/options.js';
import { Trainer } from '../../lib/train/trainer.js';
import { patternData, StandIn } from './stand_in.js';

const OPTIONS = { steps: 6, batchSize: 4, evalEvery: 3, learningRate: 0.02 };

async function losses(Kind: typeof Trainer | typeof BrowserTrainer) {
  const model = new StandIn();
  const trainer = new Kind(model, { data: patternData(), ...OPTIONS });
  const seen: number[] = [];
  await trainer.train({ onStep: ({ loss }) => void seen.push(loss), until: 2 });
  const result = await trainer.train({ onStep: ({ loss }) => void seen.push(loss) });
  trainer.dispose();
  model.dispose();
  return { seen, evaluation: result.evaluation, best: result.best };
}

it("trains as Node's trainer does, and goes on where it was stopped", async () => {
  const browser = await losses(BrowserTrainer);
  expect(browser.seen).toHaveLength(6);
  expect(browser.evaluation?.step).toBe(6);
  const node = await losses(Trainer);
  browser.seen.forEach((loss, i) => void expect(loss).toBeCloseTo(node.seen[i]!, 4));
});

it("is in an entry of which Node's has every name", () => {
  expect(Object.keys(node)).toEqual(expect.arrayContaining(Object.keys(browser)));
});

it('knows no files', () => {
  const options = { data: patternData(), ...OPTIONS, out: 'runs/mine' } as TrainerOptions;
  expect(() => new BrowserTrainer(new StandIn(), options)).toThrow("Trainer: unknown option 'out'");
});

it('says where it diverged', async () => {
  const model = new StandIn();
  model.factor = Number.NaN;
  const trainer = new BrowserTrainer(model, { data: patternData(), ...OPTIONS, warmup: 0 });
  await expect(trainer.train()).rejects.toThrow(
    'Trainer: the loss became NaN at step 1 (learning rate 0.0200); a lower learning rate may help',
  );
  trainer.dispose();
});
