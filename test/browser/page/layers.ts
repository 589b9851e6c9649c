import * as tf from '@tensorflow/tfjs';
import { fracConnection } from 'frac-connections/layers';

/** The losses of a small tf.layers model by epoch. */
export async function trainLayers(): Promise<number[]> {
  const dense = (units: number, seed: number) =>
    tf.layers.dense({
      units,
      activation: 'tanh',
      kernelInitializer: tf.initializers.glorotUniform({ seed }),
    });
  const model = tf.sequential({
    layers: [
      tf.layers.dense({
        units: 8,
        inputShape: [2],
        kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }),
      }),
      fracConnection({ layer: dense(8, 2), rate: 4, prenorm: true }),
      fracConnection({ layer: dense(8, 3), rate: 2 }),
      tf.layers.dense({ units: 1, kernelInitializer: tf.initializers.glorotUniform({ seed: 4 }) }),
    ],
  });
  model.compile({ optimizer: tf.train.adam(0.02), loss: 'meanSquaredError' });
  const x = tf.randomUniform([64, 2], -1, 1, 'float32', 5) as tf.Tensor2D;
  const y = tf.tidy(() => tf.prod(x, 1, true)); // x0 * x1: no linear model does it
  const { history } = await model.fit(x, y, { epochs: 12, batchSize: 32, shuffle: false, verbose: 0 });
  tf.dispose([x, y]);
  model.dispose();
  return history.loss as number[];
}
