// The cost of one call on [8, 8] compared with tf.mul, and the unavoidable part of it. Medians of interleaved runs.
//
//   node bench/call.mjs [--backend tensorflow|cpu] [--rate 4] [--repeats 41]
//
// `floor` is a tfjs kernel with the inputs of the op that computes nothing. On `cpu` it makes the op's outputs as
// zeros. On `tensorflow` it splits one tensor into as many outputs, so it does not include the binding's cost for the
// other inputs (0.2 us each).
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import {
  FracConnection,
  fracDepth,
  fracDepthWidth,
  fracWidth,
  runtimeInfo,
  setThreads,
} from 'frac-connections';

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'tensorflow' },
    rate: { type: 'string', default: '4' },
    repeats: { type: 'string', default: '41' },
  },
});
const rate = Number(values.rate);
const size = 8;
const times = 1000;

if (values.backend === 'tensorflow') await import('frac-connections/tensorflow');
else await import('@tensorflow/tfjs').then(() => tf.setBackend(values.backend));
await tf.ready();
setThreads(1);

/** Makes outputs of these shapes without computing them. */
const floors = {
  cpu: (backend, shapes) =>
    shapes.map(shape =>
      backend.makeTensorInfo(shape, 'float32', new Float32Array(tf.util.sizeFromShape(shape))),
    ),
  tensorflow(backend, shapes) {
    const { TF_ATTR_INT, TF_ATTR_TYPE, TF_FLOAT } = backend.binding;
    const attributes = [
      { name: 'num_split', type: TF_ATTR_INT, value: shapes.length },
      { name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT },
    ];
    return backend.executeMultipleOutputs('Split', attributes, [axis, whole], shapes.length);
  },
};
const axis = tf.scalar(0, 'int32');
const whole = tf.ones([12 * size, size]);

function floor(kernelName, inputs, outputs) {
  const shapes = outputs.map(output => output.shape);
  const kernelFunc = ({ backend }) => floors[values.backend](backend, shapes);
  tf.registerKernel({ kernelName, backendName: values.backend, kernelFunc });
  return () => tf.engine().runKernel(kernelName, inputs, {});
}

const { options, weights } = new FracConnection({ dim: size, rate, perturb: 0.1, seed: 1 });
const given = Object.values(weights);
const [h, y] = [1, 2].map(seed => tf.randomNormal([size, size], 0, 1, 'float32', seed));
const { x, alpha, beta } = fracWidth(h, weights, options);
const ops = {
  'tf.mul': { run: () => tf.mul(h, y), inputs: [h, y], outputs: [h] },
  width: { run: () => fracWidth(h, weights, options), inputs: [h, ...given], outputs: [x, alpha, beta] },
  depth: { run: () => fracDepth(h, y, alpha, beta, options), inputs: [h, y, alpha, beta], outputs: [h] },
  depth_width: {
    run: () => fracDepthWidth(h, y, alpha, beta, weights, options),
    inputs: [h, y, alpha, beta, ...given],
    outputs: [h, x, alpha, beta],
  },
};

const calls = {};
for (const [name, { run, inputs, outputs }] of Object.entries(ops)) {
  calls[name] = { run, taken: [] };
  calls[`${name}, floor`] = { run: floor(`Floor${name}`, inputs, outputs), taken: [] };
}
for (let i = -3; i < Number(values.repeats); i++) {
  for (const { run, taken } of Object.values(calls)) {
    const start = performance.now();
    for (let j = 0; j < times; j++) tf.dispose(run());
    if (i >= 0) taken.push((1e3 * (performance.now() - start)) / times);
  }
}

const median = list => list.sort((a, b) => a - b)[list.length >> 1];
const us = name => median(calls[name].taken);
const mul = us('tf.mul');
console.log(`Node ${process.version}, path ${runtimeInfo().path}, tf.mul ${mul.toFixed(2)} us`);
console.table(
  Object.fromEntries(
    Object.keys(ops).map(name => {
      const [op, least] = [us(name), us(`${name}, floor`)];
      const row = { us: op, 'floor us': least, 'of tf.mul': op / mul, 'floor of tf.mul': least / mul };
      return [name, Object.fromEntries(Object.entries(row).map(([key, value]) => [key, value.toFixed(2)]))];
    }),
  ),
);
