import * as tf from '@tensorflow/tfjs';
import { LanguageModel, type LanguageModelOptions, openText, Trainer } from 'frac-connections/models';

const TEXT = 'the whale and the sea and the ship and the whale. '.repeat(40);

/** What training a small model gave. */
export interface Trained {
  losses: number[];
  heldOut: number;
  /** Tensors alive after the first step and after the last. */
  tensors: [number, number];
  /** Ten characters that it draws. */
  sample: string;
  /** Columns of alpha of the first connection after training; 0 for residual wiring. */
  columns: number;
}

/** Trains a language model for some steps, then draws from it and looks inside. */
export async function trainLanguageModel(
  options: Partial<LanguageModelOptions>,
  steps: number,
): Promise<Trained> {
  const data = openText(TEXT, { context: 16, seed: 2 });
  const model = new LanguageModel({
    ...{ vocabSize: 256, dim: 16, layers: 1, heads: 2, context: 16 },
    ...options,
  });
  const settings = { steps, batchSize: 4, learningRate: 0.02, warmup: 1, evalEvery: steps, evalBatches: 1 };
  const trainer = new Trainer(model, { data, ...settings });
  const losses: number[] = [];
  const tensors: number[] = [];
  const result = await trainer.train({
    onStep: ({ loss }) => {
      losses.push(loss);
      tensors.push(tf.memory().numTensors);
    },
  });
  const tokens: number[] = [];
  for await (const token of model.generate(data.tokenizer.encode('the '), {
    maxTokens: 10,
    temperature: 0,
  })) {
    tokens.push(token);
  }
  const { tokens: batch, targets } = data.batches(1).next();
  const columns = model.inspect(batch).connections[0]?.tokenMean?.alpha[0]?.length ?? 0;
  tf.dispose([batch, targets]);
  trainer.dispose();
  model.dispose();
  return {
    losses,
    heldOut: result.evaluation!.loss,
    tensors: [tensors[0]!, tensors.at(-1)!],
    sample: data.tokenizer.decode(tokens),
    columns,
  };
}
