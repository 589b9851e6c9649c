// The ops on one shape, each with named inputs and a function from them to the outputs.
import * as tf from '@tensorflow/tfjs-core';
import { Connection, fracDepth, fracDepthRead, fracDepthWidth, fracRead, fracWidth } from 'frac-connections';

/**
 * Uniform values with a standard deviation of about 1, from a linear congruential generator, the same in every process.
 */
export function values(shape, seed) {
  const list = new Float32Array(tf.util.sizeFromShape(shape));
  let x = Math.imul(seed + 1, 0x9e3779b1);
  for (let i = 0; i < list.length; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) | 0;
    list[i] = x * (Math.sqrt(3) / 2 ** 31);
  }
  return tf.tensor(list, shape, 'float32');
}

/**
 * { op: { inputs: { name: tensor }, run(inputs): tensor[], upstream: tensor[], options } }
 *
 * `fused`: the residual is that of this package, which has a kernel for the norm. Otherwise it is made of tfjs ops.
 */
export function makeCases(shape, ops, { fused = false } = {}) {
  const { tokens, dim, streams, fractions, dynamic, prenorm } = shape;
  const make = seed => new Connection({ dim, streams, fractions, dynamic, prenorm, perturb: 0.1, seed });
  const [here, next] = [make(1), make(2)];
  const { options, weights } = here;
  const h = values([tokens, streams * dim], 1);
  const y = values([tokens, dim], 2);
  const { alpha, beta } = fracWidth(h, weights, options);
  const makers = {
    width: () => ({
      inputs: { h, ...weights },
      run: ({ h, ...given }) => Object.values(fracWidth(h, given, options)),
    }),
    depth: () => ({
      inputs: { h, y, alpha, beta },
      run: given => [fracDepth(given.h, given.y, given.alpha, given.beta, options)],
    }),
    depth_width: () => ({
      inputs: { h, y, alpha, beta, ...next.weights },
      run: ({ h, y, alpha, beta, ...given }) => {
        const { h: out, ...rest } = fracDepthWidth(h, y, alpha, beta, given, options);
        return [out, ...Object.values(rest)];
      },
    }),
    // With the coefficients of width as given ones.
    read: () => ({
      inputs: { h, alpha, ...gain(here) },
      run: ({ h, alpha, ...given }) => [fracRead(h, alpha, options, given)],
    }),
    depth_read: () => ({
      inputs: { h, y, alpha, beta, nextAlpha: tf.clone(alpha), ...gain(next) },
      run: ({ h, y, alpha, beta, nextAlpha, ...given }) =>
        Object.values(fracDepthRead(h, y, alpha, beta, nextAlpha, options, given)),
    }),
    // A connection around the identity.
    connection: () => ({
      inputs: { h, ...weights },
      run: ({ h, ...given }) => {
        const { x, alpha, beta } = fracWidth(h, given, options);
        return [fracDepth(h, x, alpha, beta, options)];
      },
    }),
    residual: () => (fused ? fusedResidual : plainResidual)(dim, prenorm, tokens, y),
  };
  return Object.fromEntries(
    ops.map(op => {
      const made = makers[op]();
      const upstream = tf.tidy(() => made.run(made.inputs).map((output, i) => values(output.shape, 10 + i)));
      return [op, { ...made, upstream, options }];
    }),
  );
}

const gain = ({ weights: { prenormGamma } }) => prenormGamma && { prenormGamma };

/** The residual connection for comparison: h + y and, with a pre-norm, the RMSNorm of the next layer. */
function plainResidual(dim, prenorm, tokens, y) {
  const h = values([tokens, dim], 3);
  if (!prenorm) return { inputs: { h, y }, run: given => [tf.add(given.h, given.y)] };
  const norm = (x, gain) => tf.mul(tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-5))), gain);
  return {
    inputs: { h, y, gain: values([dim], 4) },
    run: ({ h, y, gain }) => {
      const out = tf.add(h, y);
      return [out, norm(out, gain)];
    },
  };
}

/** The same by two connections that are off. */
function fusedResidual(dim, prenorm, tokens, y) {
  const h = values([tokens, dim], 3);
  const [here, next] = [0, 1].map(() => new Connection({ dim, prenorm, enabled: false }));
  const mix = { alpha: here.weights.staticAlpha, beta: here.weights.staticBeta };
  if (!prenorm) return { inputs: { h, y }, run: ({ h, y }) => [here.depth(h, y, mix)] };
  const gain = next.weights.prenormGamma;
  tf.tidy(() => gain.assign(values([dim], 4)));
  return {
    inputs: { h, y, gain },
    run: ({ h, y }) => {
      const { h: out, x } = here.depthWidth(h, y, mix, next);
      return [out, x];
    },
  };
}

/**
 * Computes the outputs and, with the tape of tfjs, the gradients of every input for given gradients of the outputs.
 * `atTurn` is called between the two passes.
 */
export function gradients({ inputs, run, upstream }, atTurn = () => undefined) {
  const names = Object.keys(inputs);
  // Joins all outputs into one for the tape at no cost: the forward pass returns the first output, the backward pass
  // the given gradients.
  const join = tf.customGrad((...outputs) => ({
    value: tf.engine().runKernel('Identity', { x: outputs[0] }),
    gradFunc: () => upstream.map(each => tf.engine().runKernel('Identity', { x: each })),
  }));
  return tf.grads((...tensors) => {
    const outputs = run(Object.fromEntries(names.map((name, i) => [name, tensors[i]])));
    const value = join(...outputs);
    atTurn(outputs);
    return value;
  })(Object.values(inputs), upstream[0]);
}
