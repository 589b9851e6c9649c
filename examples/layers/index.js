// A deep tf.layers model that classifies two spirals, with each block inside a Frac-Connection. The example trains the
// model, saves it as JSON, loads it, and checks that the predictions are the same.
import * as tf from '@tensorflow/tfjs';
import { runtimeInfo } from 'frac-connections';
import { fracConnection } from 'frac-connections/layers';

const [DIM, BLOCKS, POINTS] = [32, 6, 400];

/** Points on two spirals, and which of them each is on. */
function spirals() {
  const points = Array.from({ length: POINTS }, (_, i) => {
    const [arm, t] = [i % 2, 0.5 + (3 * i) / POINTS];
    const angle = 4 * t + Math.PI * arm;
    return [t * Math.cos(angle), t * Math.sin(angle), arm];
  });
  const all = tf.tensor2d(points);
  return [all.slice([0, 0], [-1, 2]), all.slice([0, 2], [-1, 1])];
}

function makeModel() {
  const model = tf.sequential();
  model.add(tf.layers.dense({ units: DIM, inputShape: [2] }));
  for (let i = 0; i < BLOCKS; i++) {
    const layer = tf.layers.dense({ units: DIM, activation: 'relu' });
    model.add(fracConnection({ layer, rate: 4, prenorm: true })); // instead of x + layer(norm(x))
  }
  model.add(tf.layers.dense({ units: 1, activation: 'sigmoid' }));
  model.compile({ optimizer: tf.train.adam(0.005), loss: 'binaryCrossentropy', metrics: ['accuracy'] });
  return model;
}

await tf.setBackend('cpu');
const [x, y] = spirals();
const model = makeModel();
model.summary();
await model.fit(x, y, {
  epochs: 20,
  shuffle: true,
  verbose: 0,
  callbacks: {
    onEpochEnd(epoch, { loss, acc }) {
      if (epoch % 5 === 4)
        console.log(`epoch ${epoch + 1}: loss ${loss.toFixed(4)}, accuracy ${acc.toFixed(3)}`);
    },
  },
});

let saved;
await model.save(
  tf.io.withSaveHandler(async artifacts => {
    saved = artifacts;
    return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
  }),
);
const loaded = await tf.loadLayersModel(tf.io.fromMemory(saved));
const difference = tf.tidy(() => model.predict(x).sub(loaded.predict(x)).abs().max().arraySync());
console.log(`saved and loaded: predictions differ by ${difference}`);
console.log(`path: ${runtimeInfo().path}`);
