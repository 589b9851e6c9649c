// The ops on each path of one tfjs backend, in one run: values compared first, then medians of interleaved runs.
//
//   node bench/ops.mjs [--backend tensorflow|cpu] [--tokens 8192] [--dim 2048] [--rate 4] [--threads 2] [--repeats 9]
//
// GB/s counts what an op must move at least, in values of width `dim` a token: width 2, depth 3, both in one 4. `copy` is that
// in percent of a copy of h by as many threads, `speed-up` is against the fallback.
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import {
  FracConnection,
  fracDepth,
  fracDepthWidth,
  fracWidth,
  nativeInfo,
  runtimeInfo,
  setPath,
  setThreads,
} from 'frac-connections';
import { copier } from './copy.mjs';

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'tensorflow' },
    tokens: { type: 'string', default: '8192' },
    dim: { type: 'string', default: '2048' },
    rate: { type: 'string', default: '4' },
    threads: { type: 'string', default: '2' },
    repeats: { type: 'string', default: '9' },
  },
});
const [tokens, dim, rate, threads, repeats] = ['tokens', 'dim', 'rate', 'threads', 'repeats'].map(name =>
  Number(values[name]),
);

const median = list => list.sort((a, b) => a - b)[list.length >> 1];

/** Medians in milliseconds of several functions, by name, run in turn so that a slow moment meets all of them. */
function time(functions, runs = repeats) {
  const taken = Object.fromEntries(Object.keys(functions).map(name => [name, []]));
  for (let i = -2; i < runs; i++) {
    for (const [name, run] of Object.entries(functions)) {
      const start = performance.now();
      run();
      if (i >= 0) taken[name].push(performance.now() - start);
    }
  }
  return Object.fromEntries(Object.entries(taken).map(([name, list]) => [name, median(list)]));
}

/** |a - b| / |b|. */
const distance = (a, b) => tf.tidy(() => tf.div(tf.norm(tf.sub(a, b)), tf.norm(b)).dataSync()[0]);

/** Throws unless the path computes what the fallback does. */
function check(path, cases) {
  for (const [name, { run, tolerance }] of Object.entries(cases)) {
    tf.tidy(() => {
      setPath('fallback');
      const want = run();
      setPath(path);
      for (const [i, got] of run().entries()) {
        const error = distance(got, want[i]);
        if (!(error < tolerance)) throw new Error(`${name}, result ${i}: off by ${error} on path ${path}`);
      }
    });
  }
}

function makeCases(size, width) {
  const make = seed => new FracConnection({ dim: width, rate, perturb: 0.1, seed });
  const [first, second] = [make(1), make(2)];
  const { options, weights } = first;
  const names = Object.keys(weights);
  const list = Object.values(weights).map(each => tf.tensor(each.dataSync(), each.shape));
  const next = second.weights;
  const normal = seed => tf.randomNormal([size, width], 0, 1, 'float32', seed);
  const [h, y, seed] = [normal(1), normal(2), normal(3)];
  const { alpha, beta } = fracWidth(h, weights, options);
  // The layer between the two is the identity, so that nothing but the ops is measured.
  const widthDepth = (state, ...w) => {
    const mix = fracWidth(state, Object.fromEntries(names.map((name, i) => [name, w[i]])), options);
    return fracDepth(state, mix.x, mix.alpha, mix.beta, options);
  };
  const gradients = tf.grads(widthDepth);
  const fused = (state, out) => fracDepthWidth(state, out, alpha, beta, next, options);
  const backward = tf.grads((state, out) => {
    const { h: between, x } = fused(state, out);
    return tf.add(between, x);
  });
  return {
    'width + depth, forward': { moved: 5, tolerance: 1e-5, run: () => [widthDepth(h, ...list)] },
    'width + depth, forward + backward': { tolerance: 1e-4, run: () => gradients([h, ...list], seed) },
    'width, forward': { moved: 2, tolerance: 1e-5, run: () => Object.values(fracWidth(h, weights, options)) },
    'depth, forward': { moved: 3, tolerance: 1e-5, run: () => [fracDepth(h, y, alpha, beta, options)] },
    'depth_width, forward': { moved: 4, tolerance: 1e-5, run: () => Object.values(fused(h, y)) },
    'depth_width, forward + backward': { tolerance: 1e-4, run: () => backward([h, y], seed) },
  };
}

if (values.backend === 'tensorflow') await import('frac-connections/tensorflow');
else await import('@tensorflow/tfjs').then(() => tf.setBackend(values.backend));
await tf.ready();
const { path } = runtimeInfo();
if (path === 'fallback') throw new Error(`no other path here: ${JSON.stringify(runtimeInfo().notTaken)}`);
setThreads(threads);

const { simd, build } = nativeInfo();
console.log(
  `${new Date().toISOString().slice(0, 10)}, ${cpus()[0].model}, ${cpus().length} cores, load ${loadavg()[0].toFixed(1)}; ` +
    `Node ${process.version}; path ${path}, ${simd.target}, ${threads} threads, ${build.compiler}`,
);
console.log(`${tokens} tokens, dim ${dim}, DFCx${rate}, float32`);

const cases = makeCases(tokens, dim);
check(path, cases);
const on = (where, run) => () => {
  setPath(where);
  tf.tidy(() => void run());
};
const copy = copier(tokens * dim, threads);
const rows = {};
for (const [name, { moved, run }] of Object.entries(cases)) {
  const ms = time({ fallback: on('fallback', run), [path]: on(path, run), copy: copy.run });
  const gigabytes = count => (count * tokens * dim * 4) / 1e9;
  const speed = moved && gigabytes(moved) / (ms[path] / 1e3);
  rows[name] = {
    'fallback ms': ms.fallback.toFixed(2),
    [`${path} ms`]: ms[path].toFixed(2),
    'speed-up': (ms.fallback / ms[path]).toFixed(1),
    'GB/s': moved ? speed.toFixed(1) : '',
    'copy %': moved ? ((100 * speed) / (gigabytes(2) / (ms.copy / 1e3))).toFixed(0) : '',
    'copy ms': ms.copy.toFixed(2),
  };
}
copy.close();
console.table(rows);

const small = makeCases(8, 8);
check(path, small);
setPath(path);
const matrix = tf.ones([8, 8]);
const times = 1000;
const many = run => () => {
  for (let i = 0; i < times; i++) tf.dispose(run());
};
const calls = { 'tf.mul': many(() => tf.mul(matrix, matrix)) };
for (const name of ['width, forward', 'depth, forward', 'depth_width, forward'])
  calls[name] = many(small[name].run);
const us = time(calls, 21);
console.log('one call on [8, 8]');
console.table(
  Object.fromEntries(
    Object.entries(us).map(([name, ms]) => [
      name,
      { us: ((1e3 * ms) / times).toFixed(2), 'of tf.mul': (ms / us['tf.mul']).toFixed(2) },
    ]),
  ),
);
