// Correctness, before anything is timed: the reference cases on a contender's path, and its results on a shape against the
// composition of tfjs ops.
import { readdirSync, readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { fracDepth, fracWidth, setPath } from 'frac-connections';
import { gradients } from './cases.mjs';

const FIXTURES = new URL('../../test/fixtures/', import.meta.url);
export const TOLERANCE = { forward: 1e-5, gradient: 1e-4 }; // relative to a tensor's norm, in float32

/** |a - b| / |b|; |a| where b is zeros. */
export function distance(a, b) {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let [difference, norm] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference += (a[i] - b[i]) ** 2;
    norm += b[i] ** 2;
  }
  return Math.sqrt(difference) / (norm === 0 ? 1 : Math.sqrt(norm));
}

function expectClose(what, got, want, tolerance) {
  const off = distance(got, want);
  if (!(off <= tolerance)) throw new Error(`${what} is off by ${off.toExponential(2)}, allowed ${tolerance}`);
}

const renamed = named => Object.fromEntries(Object.entries(named).map(([key, value]) => [camel(key), value]));
const camel = name => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());

/** Runs every reference case on the path in use; their number. */
export function checkFixtures() {
  const files = readdirSync(FIXTURES).filter(name => name.endsWith('.json'));
  for (const file of files) checkFixture(JSON.parse(readFileSync(new URL(file, FIXTURES), 'utf8')));
  return files.length;
}

function checkFixture({ config, inputs, outputs, grads }) {
  const { name, layerIndex: _, ...options } = renamed(config);
  tf.tidy(() => {
    const { gradX, gradOut, ...tensors } = Object.fromEntries(
      Object.entries(renamed(inputs)).map(([key, { data, shape }]) => [
        key,
        tf.tensor(data, shape, 'float32'),
      ]),
    );
    const run = ({ h, y, ...weights }) => {
      const { x, alpha, beta } = fracWidth(h, weights, options);
      return [x, fracDepth(h, y, alpha, beta, options)];
    };
    const [x, out] = run(tensors);
    expectClose(`${name}: x`, x.dataSync(), outputs.x.data, TOLERANCE.forward);
    expectClose(`${name}: out`, out.dataSync(), outputs.out.data, TOLERANCE.forward);
    const found = gradients({ inputs: tensors, run, upstream: [gradX, gradOut] });
    const wanted = renamed(grads);
    for (const [i, key] of Object.keys(tensors).entries())
      expectClose(`${name}: gradient of ${key}`, found[i].dataSync(), wanted[key].data, TOLERANCE.gradient);
  });
}

/** Compares a case's outputs and gradients on `path` with those on the fallback. */
export function checkCase(name, each, path) {
  tf.tidy(() => {
    const results = where => {
      setPath(where);
      return { forward: each.run(each.inputs), gradient: gradients(each) };
    };
    const want = results('fallback');
    const got = results(path);
    for (const [kind, tensors] of Object.entries(want))
      for (const [i, tensor] of tensors.entries())
        expectClose(`${name}, ${kind} ${i}`, got[kind][i].dataSync(), tensor.dataSync(), TOLERANCE[kind]);
  });
}
