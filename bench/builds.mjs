// Compares two builds of the addon in one process: the time of each op with the second, divided by that with the first. Calls of
// the two alternate, so that interference hits both. For a change of the kernels.
//
//   node bench/builds.mjs OLD.node NEW.node [--shapes 8192x2048:4,8192x1000:4] [--targets avx512,avx2] [--prenorm] [--repeats 21]
//
// A shape is tokens x dim : rate. Set FRAC_CONNECTIONS_THREADS to use other than all cores.
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { configOf } from '../dist/esm/addon/config.js';
import { resolveOptions } from '../dist/esm/contract/options.js';
import { WEIGHT_NAMES, weightShapes } from '../dist/esm/contract/weights.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    shapes: { type: 'string', default: '2048x2048:4,4096x1000:4,4096x1024:4' },
    targets: { type: 'string' },
    prenorm: { type: 'boolean', default: false },
    repeats: { type: 'string', default: '21' },
  },
});
if (positionals.length !== 2) throw new Error('usage: node bench/builds.mjs OLD.node NEW.node [options]');
const require = createRequire(import.meta.url);
const addons = positionals.map(file => require(resolve(file)));
const targets = values.targets?.split(',') ?? addons[0].info().targets;

/** Values that neither repeat nor cancel. */
const array = size => Float32Array.from({ length: size }, (_, i) => 0.02 + 0.5 * Math.sin(i * 12.9898));
const sizeOf = shape => shape.reduce((a, b) => a * b, 1);

/** The calls of all ops for a shape, by name. */
function calls(tokens, dim, rate) {
  const o = resolveOptions('bench', { dim, fractions: rate });
  const { n, k } = { n: o.n, k: o.m + o.n };
  const config = configOf(o, { tokens, prenorm: values.prenorm, alpha: tokens * n * k, beta: tokens * n });
  const shapes = weightShapes(o, values.prenorm);
  const weights = () => WEIGHT_NAMES.map(name => shapes[name] && array(sizeOf(shapes[name])));
  const rows = () => array(tokens * dim);
  const coefficients = () => [array(tokens * n * k), array(tokens * n)];
  const [h, y, dOut, dX, out, x] = Array.from({ length: 6 }, rows);
  const [given, next, upstream, results] = Array.from({ length: 4 }, coefficients);
  const [w, dW] = [weights(), weights()];
  return {
    width: a => a.fracWidth(...config, x, ...results, h, ...w),
    'width gradient': a => a.fracWidthGrad(...config, out, ...dW, h, ...w, dX, ...upstream, undefined),
    depth: a => a.fracDepth(...config, out, h, y, ...given),
    'depth gradient': a => a.fracDepthGrad(...config, out, x, ...results, h, y, ...given, dOut),
    depth_width: a => a.fracDepthWidth(...config, out, x, ...next, h, y, ...given, ...w),
    'depth_width gradient': a =>
      a.fracDepthWidthGrad(...config, out, x, ...results, ...dW, h, y, ...given, ...w, dOut, dX, ...upstream),
  };
}

const median = times => times.sort((a, b) => a - b)[times.length >> 1];

function compare(call) {
  const times = [[], []];
  for (let i = 0; i < Number(values.repeats); i++) {
    addons.forEach((addon, which) => {
      const start = performance.now();
      call(addon);
      times[which].push(performance.now() - start);
    });
  }
  return times.map(median);
}

for (const target of targets) {
  for (const addon of addons) addon.setTarget(target);
  for (const shape of values.shapes.split(',')) {
    const [tokens, dim, rate] = shape.split(/[x:]/).map(Number);
    for (const [name, call] of Object.entries(calls(tokens, dim, rate))) {
      const [old, now] = compare(call);
      const text = `${old.toFixed(2)} -> ${now.toFixed(2)} ms`;
      console.log(
        `${target.padEnd(9)}${shape.padEnd(15)}${name.padEnd(22)}${text.padEnd(22)}${(now / old).toFixed(2)}`,
      );
    }
  }
}
