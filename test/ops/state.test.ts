import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ConnectionStack } from '../../lib/connections/connection_stack.js';
import { FracConnection } from '../../lib/connections/frac_connection.js';
import { HyperConnection } from '../../lib/connections/hyper_connection.js';
import type { ConnectionWeights } from '../../lib/contract/weights.js';
import { fracConnection } from '../../lib/layers/index.js';
import { fracDepth } from '../../lib/ops/frac_depth.js';
import { fracDepthRead } from '../../lib/ops/frac_depth_read.js';
import { fracDepthWidth } from '../../lib/ops/frac_depth_width.js';
import { fracRead } from '../../lib/ops/frac_read.js';
import { fracWidth } from '../../lib/ops/frac_width.js';
import { TOLERANCE } from '../support/compare.js';
import { weigh } from '../support/run_ops.js';

// A connection reads its state twice. Its two gradients are added inside the width connection's gradient, not by tfjs; and
// however else the state is used, gradients are what they would be if they were added by tfjs.

const options = { dim: 12, fractions: 2 };
let connection: FracConnection;
let weights: ConnectionWeights;
let more: ConnectionWeights;
beforeAll(() => {
  connection = new FracConnection({ dim: 12, rate: 2, perturb: 0.3, seed: 1 });
  weights = connection.weights;
  more = new FracConnection({ dim: 12, rate: 2, perturb: 0.3, seed: 2 }).weights;
});
const normal = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);
const sum = (value: tf.Tensor, seed: number) => weigh([value, normal(value.shape, seed)]);
const end = (at: ReturnType<typeof fracWidth>, h: tf.Tensor, y: tf.Tensor = at.x) =>
  sum(fracDepth(h, y, at.alpha, at.beta, options), 3);

/** How often tfjs itself, and no kernel, adds two tensors of h's size while `run` runs; no coefficient has that size. */
function additions(size: number, run: () => void): number {
  const engine = tf.engine();
  const { runKernel } = engine;
  let count = 0;
  const spy = vi.spyOn(engine, 'runKernel').mockImplementation((name, inputs, attributes) => {
    if (name === 'Add' && engine.state.kernelDepth === 0 && inputs.a!.size === size) count++;
    return runKernel.call(engine, name, inputs, attributes);
  });
  run();
  spy.mockRestore();
  return count;
}

/**
 * A scalar of h. `h` goes to width connections, `same` to all else: in the tests that is h itself, or a copy that tfjs tapes, so
 * that no width connection is known to have read it.
 */
type Program = (h: tf.Tensor, same: tf.Tensor) => tf.Scalar;

const programs: Record<string, [additions: number, program: Program]> = {
  'a depth connection': [0, (h, same) => end(fracWidth(h, weights, options), same)],
  'a depth connection whose layer does not depend on x': [
    0,
    (h, same) => end(fracWidth(h, weights, options), same, normal([3, 12], 4)),
  ],
  'a depth connection and the next width connection': [
    0,
    (h, same) => {
      const { x, alpha, beta } = fracWidth(h, weights, options);
      const next = fracDepthWidth(same, x, alpha, beta, more, options);
      return end(next, next.h);
    },
  ],
  'no depth connection': [
    0,
    h => {
      const { x, alpha, beta } = fracWidth(h, weights, options);
      return tf.addN([sum(x, 5), sum(alpha, 6), sum(beta, 7)]) as tf.Scalar;
    },
  ],
  'a depth connection, and a product': [
    1,
    (h, same) => tf.addN([end(fracWidth(h, weights, options), same), sum(tf.square(same), 5)]) as tf.Scalar,
  ],
  'two depth connections': [
    1,
    (h, same) => {
      const at = fracWidth(h, weights, options);
      return tf.addN([end(at, same), end(at, same, normal([3, 12], 4))]) as tf.Scalar;
    },
  ],
  'two width and two depth connections': [
    1,
    (h, same) => {
      const [one, two] = [fracWidth(h, weights, options), fracWidth(h, more, options)];
      return tf.addN([end(one, same), end(two, same)]) as tf.Scalar;
    },
  ],
  'a depth connection with coefficients that were changed': [
    1,
    (h, same) => {
      const { x, alpha, beta } = fracWidth(h, weights, options);
      return end({ x, alpha: tf.mul(alpha, 2), beta }, same);
    },
  ],
  'a depth connection after a tf.tidy around the width connection': [
    1,
    (h, same) =>
      end(
        tf.tidy(() => fracWidth(h, weights, options)),
        same,
      ),
  ],
  'a depth connection within a tf.tidy around both': [
    0,
    (h, same) => tf.tidy(() => end(fracWidth(h, weights, options), same)),
  ],
  'a depth connection, and one of a copy': [
    1,
    (h, same) => {
      const at = fracWidth(h, weights, options);
      return tf.addN([end(at, same), end(at, tf.clone(same), normal([3, 12], 4))]) as tf.Scalar;
    },
  ],
  'a depth connection that leads nowhere': [
    0,
    (h, same) => {
      const at = fracWidth(h, weights, options);
      end(at, same);
      return sum(at.x, 5);
    },
  ],
  'a depth connection, with a given alpha': [
    0,
    (h, same) => {
      const alpha = tf.softmax(normal([3, 2, 4], 9));
      return end({ x: fracRead(h, alpha, options), alpha, beta: tf.ones([2]) }, same);
    },
  ],
  'a depth connection with another alpha than the given one': [
    1,
    (h, same) => {
      const alpha = tf.softmax(normal([3, 2, 4], 9));
      return end({ x: fracRead(h, alpha, options), alpha: tf.clone(alpha), beta: tf.ones([2]) }, same);
    },
  ],
  'a depth connection and the next reading, with given coefficients': [
    0,
    (h, same) => {
      const alpha = tf.softmax(normal([3, 2, 4], 9));
      const x = fracRead(h, alpha, options);
      const next = fracDepthRead(same, x, alpha, tf.ones([2]), tf.softmax(normal([2, 4], 10)), options);
      return tf.addN([sum(next.h, 5), sum(next.x, 6)]) as tf.Scalar;
    },
  ],
  'a depth connection under a gradient within the gradient': [
    0,
    (h, same) => {
      const at = fracWidth(h, weights, options);
      tf.grad(y => end(at, same, y))(normal([3, 12], 4));
      return end(at, same);
    },
  ],
  'a depth connection, after a gradient by h within the gradient that knew none': [
    0,
    (h, same) => {
      const at = fracWidth(h, weights, options);
      tf.grad(() => sum(at.x, 5))(h);
      return end(at, same);
    },
  ],
};

const error = (got: tf.Tensor, want: tf.Tensor) =>
  tf.tidy(() => tf.div(tf.norm(tf.sub(got, want)), tf.norm(want)).dataSync()[0]!);

describe('the gradient of a state that is read by a width connection and', () => {
  afterEach(() => void vi.restoreAllMocks());

  it.each(Object.entries(programs))('%s', (_, [count, program]) => {
    tf.tidy(() => {
      const h = normal([3, 12], 8);
      const want = tf.grad(each => program(each, tf.clone(each)))(h);
      const gradient = tf.grad(each => program(each, each));
      const got = gradient(h);
      expect(error(got, want)).toBeLessThan(TOLERANCE.gradient);
      expect(additions(h.size, () => gradient(h))).toBe(count);
    });
  });

  it('a depth connection reaches the weights, where nobody asks for the state’s own', () => {
    tf.tidy(() => {
      const [h, copy] = [normal([3, 12], 8), normal([3, 12], 8)];
      const list = Object.values(weights);
      const run = (same: tf.Tensor) =>
        tf.variableGrads(() => end(fracWidth(h, weights, options), same), list).grads;
      const want = run(copy);
      for (const [name, got] of Object.entries(run(h)))
        expect(error(got, want[name]!), name).toBeLessThan(TOLERANCE.gradient);
    });
  });

  it('an op leaves no tensor behind', () => {
    const h = normal([3, 12], 8);
    for (const [name, [, program]] of Object.entries(programs)) {
      const before = tf.memory();
      tf.grad(each => program(each, each))(h).dispose();
      const { numTensors, numDataBuffers } = tf.memory();
      expect([numTensors, numDataBuffers], name).toEqual([before.numTensors, before.numDataBuffers]);
    }
    h.dispose();
  });
});

/** Of the width connections' gradients while `run` runs: whether each is given one of the state. */
function given(run: () => void): boolean[] {
  const engine = tf.engine();
  const { runKernel } = engine;
  const list: boolean[] = [];
  const spy = vi.spyOn(engine, 'runKernel').mockImplementation((name, inputs, attributes) => {
    if (name === 'FracWidthGrad') list.push((attributes!.names as string[]).includes('dState'));
    return runKernel.call(engine, name, inputs, attributes);
  });
  run();
  spy.mockRestore();
  return list;
}

// Zeros of the state's size would be read, and on some backends made in memory, to be added.
describe('the width connection’s gradient is given one of the state', () => {
  const at = (h: tf.Tensor) => fracWidth(h, weights, options);
  it.each<[string, boolean[], (h: tf.Tensor) => tf.Scalar]>([
    ['where a depth connection took the state', [true], h => end(at(h), h)],
    ['not where there is no depth connection', [false], h => sum(at(h).x, 5)],
    ['not where the depth connection got a copy', [false], h => end(at(h), tf.clone(h))],
    [
      'where one of two depth connections took it',
      [true],
      h => {
        const one = at(h);
        return tf.addN([end(one, tf.clone(h)), end(one, h)]) as tf.Scalar;
      },
    ],
    ['and each knows its own', [false, true], h => tf.addN([end(at(h), h), sum(at(h).x, 5)]) as tf.Scalar],
  ])('%s', (_, want, program) => {
    tf.tidy(() => {
      const h = normal([3, 12], 8);
      expect(given(() => tf.grad(program)(h))).toEqual(want);
    });
  });
});

describe('tfjs adds no two gradients of a state in', () => {
  const layer = (x: tf.Tensor) => tf.tanh(x);
  it.each<[string, () => (h: tf.Tensor) => tf.Tensor]>([
    ['FracConnection.apply', () => h => connection.apply(h, layer)],
    [
      'HyperConnection.apply',
      () => {
        const hyper = new HyperConnection({ dim: 6, rate: 2, layerIndex: 0 });
        return h => hyper.apply(h, layer);
      },
    ],
    [
      'width and depth',
      () => h => {
        const { x, ...mix } = connection.width(h);
        return connection.depth(h, layer(x), mix);
      },
    ],
    [
      'ConnectionStack.apply',
      () => {
        const stack = new ConnectionStack({ dim: 12, rate: 2, branches: [layer, layer, layer] });
        return h => stack.apply(h);
      },
    ],
    [
      'the tf.layers wrapper',
      () => {
        const wrapped = fracConnection({ layer: tfl.layers.dense({ units: 12 }), rate: 2 });
        return h => wrapped.apply(h) as tf.Tensor;
      },
    ],
  ])('%s', (_, make) => {
    tf.tidy(() => {
      const h = normal([3, 12], 8);
      const run = make();
      run(h); // builds a layer
      expect(additions(h.size, () => tf.grad(run)(h))).toBe(0);
    });
  });
});
