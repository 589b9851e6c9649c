// The ops on each path of one tfjs backend, in one run: values compared first, then medians of interleaved runs.
//
//   node bench/ops.mjs [--backend tensorflow|cpu] [--tokens 8192] [--dim 2048] [--rate 4] [--threads 2] [--repeats 9]
//
// GB/s counts what an op must move at least, in values of width `dim` a token: width 2, depth 3, both in one 4; their gradients
// 3 (4 where something else reached the state's gradient), 5 and 6. `copy` is that in percent of a copy of h by as many threads,
// `speed-up` is against the fallback. The connection around a layer is what FracConnection.apply makes of the identity.
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

/** Takes a path; the first op after that registers its kernels, which rows that call a kernel by name do not. */
function take(path) {
  setPath(path);
  tf.tidy(() => fracDepth(tf.ones([1, 1]), tf.ones([1, 1]), tf.ones([1, 2]), tf.ones([1]), { dim: 1 }));
}

/** Throws unless the path computes what the fallback does. */
function check(path, cases) {
  for (const [name, { run, tolerance }] of Object.entries(cases)) {
    tf.tidy(() => {
      take('fallback');
      const want = run();
      take(path);
      for (const [i, got] of run().entries()) {
        const error = distance(got, want[i]);
        if (!(error < tolerance)) throw new Error(`${name}, result ${i}: off by ${error} on path ${path}`);
      }
    });
  }
}

/** A gradient kernel by itself, on inputs and gradients of outputs by name. */
function kernel(name, options, tensors) {
  const { streams, fractions, dim } = options;
  const sizes = { n: streams * fractions, m: fractions, c: dim / fractions };
  const attributes = { names: Object.keys(tensors), options: { ...options, ...sizes }, alias: false };
  return () => tf.engine().runKernel(name, Object.values(tensors), attributes);
}

function makeCases(size, width) {
  const make = seed => new FracConnection({ dim: width, rate, perturb: 0.1, seed });
  const [first, second] = [make(1), make(2)];
  const { options, weights } = first;
  const next = second.weights;
  const normal = seed => tf.randomNormal([size, width], 0, 1, 'float32', seed);
  const [h, y, dOut, dX] = [1, 2, 3, 4].map(normal);
  const { alpha, beta } = fracWidth(h, weights, options);
  const [dAlpha, dBeta] = [alpha, beta].map(each => tf.randomNormal(each.shape, 0, 1, 'float32', 5));
  const apply = state => first.apply(state, x => x);
  const gradients = tf.grads(apply);
  const fused = (state, out) => fracDepthWidth(state, out, alpha, beta, next, options);
  const backward = tf.grads((state, out) => {
    const { h: between, x } = fused(state, out);
    return tf.add(between, x);
  });
  const depth = { h, y, alpha, beta };
  const dWidth = { h, ...weights, dX, dAlpha, dBeta };
  const dBoth = { ...depth, ...next, dOut, dX, dAlpha, dBeta };
  const forward = { tolerance: 1e-5 };
  const gradient = { tolerance: 1e-4 };
  return {
    'connection, forward': { ...forward, moved: 5, run: () => [apply(h)] },
    'connection, forward + backward': {
      ...gradient,
      moved: 14,
      run: () => gradients([h, ...Object.values(weights)], dOut),
    },
    'width, forward': { ...forward, moved: 2, run: () => Object.values(fracWidth(h, weights, options)) },
    'width, gradient': { ...gradient, moved: 3, run: kernel('FracWidthGrad', options, dWidth) },
    'width, gradient with the state’s': {
      ...gradient,
      moved: 4,
      run: kernel('FracWidthGrad', options, { ...dWidth, dState: dOut }),
    },
    'depth, forward': { ...forward, moved: 3, run: () => [fracDepth(h, y, alpha, beta, options)] },
    'depth, gradient': { ...gradient, moved: 5, run: kernel('FracDepthGrad', options, { ...depth, dOut }) },
    'depth_width, forward': { ...forward, moved: 4, run: () => Object.values(fused(h, y)) },
    'depth_width, gradient': { ...gradient, moved: 6, run: kernel('FracDepthWidthGrad', options, dBoth) },
    'depth_width, forward + backward': { ...gradient, run: () => backward([h, y], dOut) },
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
  take(where);
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
