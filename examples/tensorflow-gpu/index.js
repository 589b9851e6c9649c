// Trains a small language model inside TensorFlow, on a GPU if there is one, otherwise on the CPU.
// `frac-connections/tensorflow` loads tfjs-node-gpu and makes it work with Node 20 and newer. The ops then run as
// TensorFlow ops, on TensorFlow's memory.
import { nativeInfo, runtimeInfo } from 'frac-connections';
import { LanguageModel, openData, Trainer } from 'frac-connections/models';
import { tensorflowInfo, tf } from 'frac-connections/tensorflow';

const steps = Number(process.argv[2] ?? 200);

await tf.setBackend('tensorflow');
const { tensorflowVersion, package: tfjs } = tensorflowInfo();
console.log(
  `TensorFlow ${tensorflowVersion} through ${tfjs}; GPU: ${tf.backend().isUsingGpuDevice ? 'yes' : 'no'}`,
);

const data = await openData(undefined, { context: 64 }); // the bytes of "Moby Dick"; pass the path of a text file to use your own
const model = new LanguageModel({
  vocabSize: data.tokenizer.vocabSize,
  ...{ dim: 128, layers: 4, heads: 4, context: 64 },
  wiring: { kind: 'frac', rate: 4, dynamic: true }, // DFCx4; { kind: 'residual' } is the plain transformer
});
const trainer = new Trainer(model, { data, steps, batchSize: 16, learningRate: 3e-3, evalEvery: steps / 2 });
await trainer.train({
  onStep({ step, smoothedLoss, tokensPerSecond }) {
    if (step % 20 === 0) {
      console.log(`step ${step}: loss ${smoothedLoss.toFixed(3)}, ${tokensPerSecond.toFixed(0)} tokens/s`);
    }
  },
  onEvaluation: ({ step, loss }) => console.log(`step ${step}: held-out loss ${loss.toFixed(3)}`),
});

console.log(`path: ${runtimeInfo().path}`);
console.log(`addon: ${nativeInfo().available ? nativeInfo().binary : 'none'}`);
trainer.dispose();
model.dispose();
