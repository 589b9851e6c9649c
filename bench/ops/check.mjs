// Checks the results before anything is timed: the reference cases on the path of a contender, and its results on a
// shape compared with the composition of tfjs ops.
import { readdirSync, readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { fracDepth, fracWidth, setPath } from 'frac-connections';
import { gradients } from './cases.mjs';

const FIXTURES = new URL('../../test/fixtures/', import.meta.url);
const TOLERANCE = { forward: 1e-5, gradient: 1e-4 }; // relative to a tensor's norm, in float32

/** |a - b| / |b|, or |a| if b is zero. */
function distance(a, b) {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let [difference, norm] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference += (a[i] - b[i]) ** 2;
    norm += b[i] ** 2;
  }
  return Math.sqrt(difference) / (norm === 0 ? 1 : Math.sqrt(norm));
}

/**
 * The gradient of a single value is a sum over all tokens, of which rounding may be all that is left. So the single values of a case
 * are compared as one tensor: at 8192x1000:dfc4 the terms for scaleBeta have magnitudes of 260,479 in all, and their sum is 0.06.
 */
function joinSingles(tensors) {
  const named = Object.entries(tensors);
  const single = named.filter(([, values]) => values.length === 1);
  const others = named.filter(([, values]) => values.length !== 1);
  if (single.length === 0) return tensors;
  const name = single.map(([key]) => key).join(' and ');
  return { ...Object.fromEntries(others), [name]: single.map(([, values]) => values[0]) };
}

/**
 * Throws unless the results equal the expected ones, within the tolerances for outputs and gradients.
 *
 * @typedef {{ forward: ArrayLike<number>[], gradient: Record<string, ArrayLike<number>> }} Results of a case: its outputs in
 *   order, and the gradients by the names of the inputs
 * @param {string} name of the case
 * @param {Results} got
 * @param {Results} want
 */
export function expectSame(name, got, want) {
  for (const [kind, tolerance] of Object.entries(TOLERANCE)) {
    const found = joinSingles(got[kind]);
    for (const [key, values] of Object.entries(joinSingles(want[kind]))) {
      const off = distance(found[key] ?? [], values);
      if (!(off <= tolerance))
        throw new Error(
          `${name}, ${kind} ${key}: error must be at most ${tolerance}, got ${off.toExponential(2)}`,
        );
    }
  }
}

/** The results of a case on the current path. */
export function resultsHere(each) {
  const results = {};
  // Assigned instead of returned: tfjs would search the result of tidy for tensors.
  tf.tidy(() => {
    const found = gradients(each);
    results.forward = each.run(each.inputs).map(tensor => tensor.dataSync());
    results.gradient = Object.fromEntries(
      Object.keys(each.inputs).map((key, i) => [key, found[i].dataSync()]),
    );
  });
  return results;
}

/** The results of a case with the composition of tfjs ops. This path stays in use. */
export function resultsOfComposition(each) {
  setPath('fallback');
  return resultsHere(each);
}

/** Compares the outputs and gradients of a case on `path` with those of the fallback. `path` stays in use. */
export function checkCase(name, each, path) {
  const want = resultsOfComposition(each);
  setPath(path);
  expectSame(name, resultsHere(each), want);
}

/** Compares every reference case with the results of `resultsOf`; default: those in this process. */
export async function checkFixtures(resultsOf = resultsHere) {
  const files = readdirSync(FIXTURES).filter(name => name.endsWith('.json'));
  for (const file of files) {
    const { name, each, want } = readFixture(new URL(file, FIXTURES));
    expectSame(name, await resultsOf(each), want);
    tf.dispose([each.inputs, each.upstream]);
  }
}

const renamed = named => Object.fromEntries(Object.entries(named).map(([key, value]) => [camel(key), value]));
const camel = name => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
const dataOf = named =>
  Object.fromEntries(Object.entries(renamed(named)).map(([key, { data }]) => [key, data]));

/** A reference case in the form of cases.mjs, a connection around a layer with given output, and its results. */
function readFixture(url) {
  const { config, inputs, outputs, grads } = JSON.parse(readFileSync(url, 'utf8'));
  const { name, layerIndex: _, ...options } = renamed(config);
  const { gradX, gradOut, ...given } = Object.fromEntries(
    Object.entries(renamed(inputs)).map(([key, { data, shape }]) => [key, tf.tensor(data, shape, 'float32')]),
  );
  const run = ({ h, y, ...weights }) => {
    const { x, alpha, beta } = fracWidth(h, weights, options);
    return [x, fracDepth(h, y, alpha, beta, options)];
  };
  const wanted = dataOf(grads);
  return {
    name,
    each: { inputs: given, run, upstream: [gradX, gradOut], options },
    want: {
      forward: [outputs.x.data, outputs.out.data],
      gradient: Object.fromEntries(Object.keys(given).map(key => [key, wanted[key]])),
    },
  };
}
