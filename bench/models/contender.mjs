// The process of one model: the reference model with one wiring, its training steps and inference. See
// harness/child.mjs.
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { LanguageModel, openData, Trainer } from 'frac-connections/models';
import { openBackend } from '../ops/backends.mjs';

let model;
let trainer;
let tokens;

export const open = openBackend;

/** A value in bytes from Linux's /proc, by its name there; null on other systems. */
function status(name) {
  if (process.platform !== 'linux') return null;
  const [, kilobytes] = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(
    readFileSync('/proc/self/status', 'utf8'),
  );
  return 1024 * Number(kilobytes);
}

/** Makes the model and runs three training steps as a warm-up. Returns what is measured besides times. */
export async function prepare({ wiring, sizes: { batch, ...sizes } }) {
  const data = await openData(undefined, { context: sizes.context }); // the book in the checkout
  model = new LanguageModel({ vocabSize: 256, ...sizes, wiring });
  trainer = new Trainer(model, { data, steps: 1e6, batchSize: batch, evalEvery: 0, checkpointEvery: 0 });
  const values = Array.from({ length: batch * sizes.context }, (_, i) => (i * 89) % 256);
  tokens = tf.tensor2d(values, [batch, sizes.context], 'int32');
  const before = status('VmRSS');
  for (let i = 0; i < 3; i++) await step();
  const peak = status('VmHWM');
  return {
    parameters: model.parameters(),
    flopsPerToken: model.flops(),
    peakBytes: before === null ? null : Math.max(0, peak - before),
    activationBytes: activations(),
  };
}

/** Bytes of tensors that a training step's forward pass has made and that are alive at its end. */
function activations() {
  const before = tf.memory().numBytes;
  let bytes;
  tf.tidy(() => {
    const { grads } = tf.variableGrads(() => {
      const { total } = model.loss(tokens, tokens);
      bytes = tf.memory().numBytes - before;
      return total;
    });
    tf.dispose(grads);
  });
  return bytes;
}

const step = () => trainer.train({ until: trainer.step + 1 });

/** Microseconds of a training step: batch, forward pass, backward pass, gradient norm, AdamW. */
export async function training() {
  const start = performance.now();
  await step();
  return { training: 1e3 * (performance.now() - start) };
}

/** Microseconds to compute the logits of a batch. */
export async function inference() {
  const start = performance.now();
  const logits = model.apply(tokens);
  await tf.slice(logits, [0, 0, 0], [1, 1, 1]).data();
  const us = 1e3 * (performance.now() - start);
  tf.dispose(logits);
  return { inference: us };
}
