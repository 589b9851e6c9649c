// The core API: a ConnectionStack chains several branches, each a small network. It computes the depth connection of
// one branch and the width connection of the next in one op. For comparison the example trains a plain residual network
// too.
import * as tf from '@tensorflow/tfjs';
import { ConnectionStack, runtimeInfo } from 'frac-connections';

const [DIM, HIDDEN, LAYERS, STEPS] = [32, 64, 6, 80];

/** x -> relu(x W) V, with variables of its own. */
function makeBranch(seed) {
  const w = tf.variable(tf.randomNormal([DIM, HIDDEN], 0, DIM ** -0.5, 'float32', seed));
  const v = tf.variable(tf.randomNormal([HIDDEN, DIM], 0, HIDDEN ** -0.5, 'float32', seed + 1));
  return x => x.matMul(w).relu().matMul(v);
}

const makeBranches = () => Array.from({ length: LAYERS }, (_, i) => makeBranch(10 * i));

/** What is learned: a rotation of the values, and a square of one of them. */
const input = tf.randomNormal([128, DIM], 0, 1, 'float32', 1);
const target = tf.tidy(() => input.reverse(1).add(input.slice([0, 0], [-1, 1]).square()));

/** Trains with Adam and returns the last loss. */
function train(name, network) {
  const optimizer = tf.train.adam(0.003);
  let last;
  for (let step = 1; step <= STEPS; step++) {
    const loss = optimizer.minimize(() => tf.losses.meanSquaredError(target, network(input)), true);
    last = loss.dataSync()[0];
    loss.dispose();
    if (step % 20 === 0) console.log(`${name.padEnd(9)} step ${step}: loss ${last.toFixed(4)}`);
  }
  optimizer.dispose();
  return last;
}

await tf.setBackend('cpu');

const norm = x => x.div(x.square().mean(-1, true).add(1e-5).sqrt());
const plain = makeBranches();
train('residual', x => plain.reduce((h, branch) => h.add(branch(norm(h))), x));

const stack = new ConnectionStack({ dim: DIM, rate: 4, branches: makeBranches(), prenorm: true });
train('DFCx4', x => stack.apply(x));

console.log('what the last connection learned: alpha, [Y | A]');
stack.connections.at(-1).weights.staticAlpha.print();
console.log(`path: ${runtimeInfo().path}`);
stack.dispose();
