import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { BaseConnection } from '../../lib/connections/base_connection.js';
import { ConnectionStack } from '../../lib/connections/connection_stack.js';
import { countFlops, countParameters } from '../../lib/connections/count.js';
import { HyperConnection } from '../../lib/connections/hyper_connection.js';
import { ManifoldConnection, type ManifoldOptions } from '../../lib/connections/manifold_connection.js';
import { expandStreams, reduceStreams } from '../../lib/connections/streams.js';
import { fracDepth } from '../../lib/ops/frac_depth.js';
import { fracRead } from '../../lib/ops/frac_read.js';
import { finiteDifferences, type Numbers } from '../support/oracle.js';
import { gradientsOf, weigh } from '../support/run_ops.js';

const layer = (x: tf.Tensor) => tf.tanh(tf.mul(tf.reverse(x, -1), 0.7));
const normal = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);
type Settings = Required<
  Pick<ManifoldOptions, 'dim' | 'rate' | 'iterations' | 'epsilon' | 'normEpsilon' | 'form' | 'mixing'>
>;
const DEFAULT: Settings = {
  ...{ dim: 3, rate: 4, iterations: 20, epsilon: 1e-6, normEpsilon: 1e-6 },
  ...{ form: 'softmax', mixing: 'sinkhorn' },
};

// The rule in plain loops in float64, one token at a time, written from the equations alone.

function sums(m: number[][], over: 'rows' | 'columns'): number[] {
  return m.map((row, i) => (over === 'rows' ? row : m.map(each => each[i]!)).reduce((a, b) => a + b, 0));
}

function doublyStochastic(z: number[][], { iterations, epsilon, form }: Settings): number[][] {
  let m = z.map(row => {
    const e = row.map(Math.exp);
    const total = form === 'softmax' ? e.reduce((a, b) => a + b, 0) : 1;
    return e.map(value => value / total + epsilon);
  });
  const columns = () => {
    const total = sums(m, 'columns');
    m = m.map(row => row.map((value, j) => value / (total[j]! + epsilon)));
  };
  columns();
  for (let i = 1; i < iterations; i++) {
    const total = sums(m, 'rows');
    m = m.map((row, k) => row.map(value => value / (total[k]! + epsilon)));
    columns();
  }
  return m;
}

/** x and h' of one token for a given y, flat. */
function token(h: Float64Array, y: Float64Array, w: Numbers, s: Settings) {
  const { rate: n, dim: d } = s;
  const root = Math.sqrt(h.reduce((sum, v) => sum + v * v, 0) / h.length + s.normEpsilon);
  const logit = (k: number) => h.reduce((sum, v, i) => sum + (v / root) * w.fn![k * n * d + i]!, 0);
  const value = (k: number, part: number) => w.scale![part]! * logit(k) + w.base![k]!;
  const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
  const each = Array.from({ length: n }, (_, i) => i);
  const pre = each.map(i => sigmoid(value(i, 0)) + s.epsilon);
  const post = each.map(i => 2 * sigmoid(value(n + i, 1)));
  const comb =
    s.mixing === 'identity'
      ? each.map(i => each.map(j => Number(i === j)))
      : doublyStochastic(
          each.map(i => each.map(j => value(2 * n + i * n + j, 2))),
          s,
        );
  const x = Array.from({ length: d }, (_, l) => each.reduce((sum, i) => sum + pre[i]! * h[i * d + l]!, 0));
  const out = each.flatMap(j =>
    Array.from(
      { length: d },
      (_, l) => post[j]! * y[l]! + each.reduce((sum, i) => sum + comb[i]![j]! * h[i * d + l]!, 0),
    ),
  );
  return { x, out };
}

function expected(inputs: Numbers, s: Settings) {
  const width = s.rate * s.dim;
  const all = { x: [] as number[], out: [] as number[] };
  for (let t = 0; t < inputs.h!.length / width; t++) {
    const { x, out } = token(
      inputs.h!.slice(t * width, (t + 1) * width),
      inputs.y!.slice(t * s.dim, (t + 1) * s.dim),
      inputs,
      s,
    );
    all.x.push(...x);
    all.out.push(...out);
  }
  return all;
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, v, i) => sum + v * b[i]!, 0);
const apart = (got: ArrayLike<number>, want: ArrayLike<number>) =>
  Math.hypot(...Array.from(want, (v, i) => v - got[i]!)) / Math.max(1, Math.hypot(...Array.from(want)));

const settings: [string, Partial<Settings>, spread: number][] = [
  ['as released', {}, 1],
  ['one value a stream, three streams', { dim: 1, rate: 3 }, 1],
  ['an odd width, two streams, the paper’s exp', { dim: 7, rate: 2, form: 'exp' }, 1],
  ['one stream', { rate: 1 }, 1],
  ['one iteration, large epsilons', { iterations: 1, epsilon: 0.1, normEpsilon: 0.5 }, 1],
  ['two iterations, large epsilons, exp', { iterations: 2, epsilon: 0.1, form: 'exp' }, 1],
  ['streams that do not mix', { mixing: 'identity' }, 1],
  ['large logits, as trained', { dim: 5 }, 12],
];

describe.each(settings)(
  'the coefficients of Manifold-Constrained Hyper-Connections: %s',
  (_, given, spread) => {
    const s = { ...DEFAULT, ...given };
    const { rate: n, dim: d } = s;

    it('are those of the equations, and so are their gradients', () => {
      tf.tidy(() => {
        const connection = new ManifoldConnection({ ...s, layerIndex: 0 });
        const inputs: Record<string, tf.Tensor> = {
          h: normal([3, n * d], 1),
          y: normal([3, d], 2),
          fn: normal(connection.weights.fn!.shape, 3),
          base: tf.mul(spread, normal(connection.weights.base!.shape, 4)),
          scale: tf.mul(spread, normal(connection.weights.scale!.shape, 5)),
        };
        const numbers = Object.fromEntries(
          Object.entries(inputs).map(([name, value]) => [name, Float64Array.from(value.dataSync())]),
        );
        const run = (named: Record<string, tf.Tensor>) => {
          const { x, alpha, beta } = connection.width(named.h!);
          return { x, out: connection.depth(named.h!, named.y!, { alpha, beta }) };
        };
        for (const name of ['fn', 'base', 'scale']) connection.weights[name]!.assign(inputs[name]!);
        const want = expected(numbers, s);
        const got = run(inputs);
        expect(apart(got.x.dataSync(), want.x), 'x').toBeLessThan(1e-5);
        expect(apart(got.out.dataSync(), want.out), 'out').toBeLessThan(1e-5);
        const seeds = { x: normal([3, d], 6), out: normal([3, n * d], 7) };
        const differences = finiteDifferences(numbers, varied => {
          const all = expected(varied, s);
          return dot(all.x, seeds.x.dataSync()) + dot(all.out, seeds.out.dataSync());
        });
        const loss = (named: Record<string, tf.Tensor>) => {
          const { x, out } = run(named);
          return weigh([x, seeds.x], [out, seeds.out]);
        };
        const ofInputs = gradientsOf({ h: inputs.h!, y: inputs.y! }, loss);
        const { fn, base, scale } = connection.weights;
        const { grads } = tf.variableGrads(() => loss(inputs), [fn!, base!, scale!]);
        const gradients = {
          ...ofInputs,
          fn: grads[fn!.name]!,
          base: grads[base!.name]!,
          scale: grads[scale!.name]!,
        };
        for (const [name, gradient] of Object.entries(gradients))
          expect(apart(gradient.dataSync(), differences[name]!), `gradient of ${name}`).toBeLessThan(1e-4);
      });
    });
  },
);

describe('a manifold connection', () => {
  it('is the residual connection at first, between copies and their mean', () => {
    tf.tidy(() => {
      const make = (layerIndex: number) => new ManifoldConnection({ dim: 8, rate: 4, layerIndex });
      const stack = new ConnectionStack({
        connections: [0, 1, 2].map(make),
        branches: [layer, tf.sin, layer],
      });
      const h = normal([5, 8], 4);
      const out = reduceStreams(stack.apply(expandStreams(h, 4)), 4, 'mean');
      let want: tf.Tensor = h;
      for (const branch of [layer, tf.sin, layer]) want = tf.add(want, branch(want));
      expect(apart(out.dataSync(), want.dataSync())).toBeLessThan(2e-5);
    });
  });

  it('reads with the weights of the layer before, where a stack is delayed', () => {
    tf.tidy(() => {
      const make = (perturb: number) => (layerIndex: number) =>
        new ManifoldConnection({ dim: 8, rate: 4, layerIndex, perturb, prenorm: true, seed: layerIndex });
      const branches = [layer, tf.sin, layer];
      const connections = [0, 1, 2].map(make(0.3));
      const stack = new ConnectionStack({ connections, branches, delayed: true });
      const sizes = { dim: 8, streams: 4 };
      const byHand = (h: tf.Tensor) => {
        let before = connections[0]!.coefficients(h).alpha;
        for (const [i, each] of connections.entries()) {
          const { alpha, beta } = each.coefficients(h);
          const x = fracRead(h, before, sizes, { prenormGamma: each.prenormGamma! });
          h = fracDepth(h, branches[i]!(x), alpha, beta, sizes);
          before = alpha;
        }
        return h;
      };
      const h = normal([5, 32], 4);
      expect(apart(stack.apply(h).dataSync(), byHand(h).dataSync())).toBeLessThan(1e-6);
      const plain = new ConnectionStack({ connections, branches });
      expect(apart(plain.apply(h).dataSync(), byHand(h).dataSync())).toBeGreaterThan(1e-3);
      const list = [...stack.dynamicWeights, ...stack.staticWeights];
      const gradients = (run: (h: tf.Tensor) => tf.Tensor) =>
        tf.variableGrads(() => tf.sum(tf.square(run(h))) as tf.Scalar, list).grads;
      const [got, want] = [gradients(each => stack.apply(each)), gradients(byHand)];
      for (const { name } of list)
        expect(apart(got[name]!.dataSync(), want[name]!.dataSync()), name).toBeLessThan(1e-4);

      const first = new ConnectionStack({ connections: [0, 1, 2].map(make(0)), branches, delayed: true });
      const residual = new ConnectionStack({ dim: 8, prenorm: true, enabled: false, branches });
      const start = normal([5, 8], 4);
      const out = reduceStreams(first.apply(expandStreams(start, 4)), 4, 'mean');
      expect(apart(out.dataSync(), residual.apply(start).dataSync())).toBeLessThan(2e-5);
    });
  });

  it('leaves no tensor in a delayed stack, and refuses connections that cannot read so', () => {
    const connections = [0, 1].map(layerIndex => new ManifoldConnection({ dim: 4, rate: 2, layerIndex }));
    const branches = [(x: tf.Tensor) => x, (x: tf.Tensor) => x];
    const stack = new ConnectionStack({ connections, branches, delayed: true });
    const h = normal([3, 8], 1);
    stack.apply(h).dispose();
    const before = tf.memory().numTensors;
    stack.apply(h).dispose();
    expect(tf.memory().numTensors).toBe(before);
    stack.dispose();
    h.dispose();
    const paper = new HyperConnection({ dim: 4, rate: 2, layerIndex: 0 });
    expect(() => new ConnectionStack<BaseConnection>({ connections: [paper], delayed: true })).toThrow(
      'ConnectionStack: connections[0] must be a MixedConnection to read delayed, got "HyperConnection"',
    );
    paper.dispose();
  });

  it('mixes by rows and columns that sum to 1, on any token', () => {
    tf.tidy(() => {
      const connection = new ManifoldConnection({ dim: 8, rate: 4, layerIndex: 0, perturb: 0.3, seed: 3 });
      const { alpha } = connection.width(normal([2, 3, 32], 4));
      expect(alpha.shape).toEqual([2, 3, 4, 5]);
      const comb = tf.slice(alpha, [0, 0, 0, 1], [-1, -1, -1, 4]);
      const off = (axis: number) => tf.max(tf.abs(tf.sub(tf.sum(comb, axis), 1))).dataSync()[0]!;
      expect(off(-2)).toBeLessThan(1e-5); // columns come last
      expect(off(-1)).toBeLessThan(5e-3);
    });
  });

  it('learns different things for each stream, though all are copies at first', () => {
    tf.tidy(() => {
      const connections = [0, 1].map(layerIndex => new ManifoldConnection({ dim: 4, rate: 2, layerIndex }));
      const stack = new ConnectionStack({ connections, branches: [layer, layer] });
      const h = normal([5, 4], 4);
      const run = () => tf.sum(tf.square(reduceStreams(stack.apply(expandStreams(h, 2)), 2, 'mean')));
      const { fn } = connections[0]!.weights;
      const gradient = tf.variableGrads(run as () => tf.Scalar, [fn!]).grads[fn!.name]!;
      const [first, second] = tf.split(tf.slice(gradient, [2, 0], [2, -1]), 2, 0); // of writing
      const size = Math.hypot(...first!.dataSync());
      expect(Math.hypot(...tf.sub(first!, second!).dataSync()) / size).toBeGreaterThan(0.01);
    });
  });

  it.each([true, false])('leaves no tensor, pre-norm %s', prenorm => {
    const connection = new ManifoldConnection({ dim: 4, rate: 2, layerIndex: 0, prenorm });
    const h = normal([3, 8], 1);
    connection.apply(h, x => x).dispose();
    const before = tf.memory().numTensors;
    connection.apply(h, x => x).dispose();
    expect(tf.memory().numTensors).toBe(before);
    const step = () => tf.sum(connection.apply(h, x => x)) as tf.Scalar;
    tf.dispose(tf.variableGrads(step, connection.dynamicWeights));
    expect(tf.memory().numTensors).toBe(before);
    connection.dispose();
    h.dispose();
  });

  it('takes no token at all', () => {
    tf.tidy(() => {
      const connection = new ManifoldConnection({ dim: 4, rate: 2, layerIndex: 0 });
      const empty = tf.zeros([2, 0, 8]);
      expect(connection.apply(empty, x => x).shape).toEqual([2, 0, 8]);
      const gradient = tf.grad(each => tf.sum(connection.apply(each, x => x)))(empty);
      expect(gradient.shape).toEqual([2, 0, 8]);
    });
  });

  it('has the weights of DeepSeek-V4’s module by their names, and goes through JSON', () => {
    const connection = new ManifoldConnection({
      dim: 4,
      rate: 3,
      layerIndex: 2,
      prenorm: true,
      perturb: 0.3,
    });
    const shapes = Object.fromEntries(
      Object.entries(connection.stateDict()).map(([name, w]) => [name, w.shape]),
    );
    expect(shapes).toEqual({ 'prenorm.weight': [4], fn: [15, 12], base: [15], scale: [3] });
    expect(connection.dynamicWeights).toEqual([connection.weights.fn]);
    expect(connection.staticWeights).toHaveLength(3);
    const again = ManifoldConnection.fromJSON(JSON.parse(JSON.stringify(connection)));
    expect(again.toJSON()).toEqual(connection.toJSON());
    const h = normal([5, 12], 4);
    const run = (of: BaseConnection) => tf.tidy(() => [...of.apply(h, layer).dataSync()]);
    expect(run(again)).toEqual(run(connection)); // the same noise
    again.loadStateDict(connection.stateDict());
    expect(run(again)).toEqual(run(connection));
    h.dispose();
    for (const each of [connection, again]) each.dispose();
    expect(() => connection.stateDict()).toThrow(
      'ManifoldConnection.stateDict: the module has been disposed',
    );
  });

  it.each(['sinkhorn', 'identity'] as const)('has as many parameters as are counted, mixing %s', mixing => {
    const connection = new ManifoldConnection({ dim: 6, rate: 3, layerIndex: 0, mixing, prenorm: true });
    const size = Object.values(connection.stateDict()).reduce((sum, each) => sum + each.size, 0);
    const counted = { rule: 'manifold', dim: 6, rate: 3, mixing, prenorm: true, sites: 2 } as const;
    expect(countParameters(counted).total).toBe(2 * size);
    const values = 2 * 3 * 6;
    const k = mixing === 'sinkhorn' ? 15 : 6;
    const mix = mixing === 'sinkhorn' ? 3 : 0;
    expect(countFlops(counted).total).toBe(values * (1 + k + 1 + mix + 1) + 2 * 2 * 6);
    expect(() => countFlops({ ...counted, rule: 'frac' as never })).toThrow(
      "countFlops: rule must be 'manifold' or absent",
    );
    connection.dispose();
  });

  it('has no rows of the matrix where streams do not mix', () => {
    const connection = new ManifoldConnection({ dim: 4, rate: 3, layerIndex: 0, mixing: 'identity' });
    expect(connection.weights.fn!.shape).toEqual([6, 12]);
    expect(connection.weights.scale!.shape).toEqual([2]);
    connection.dispose();
  });

  it('is the residual connection where it is off, with no weights of its own', () => {
    tf.tidy(() => {
      const off = new ManifoldConnection({ dim: 8, rate: 4, layerIndex: 0, prenorm: true, enabled: false });
      expect(Object.keys(off.stateDict())).toEqual(['prenorm.weight']);
      expect(off.dynamicWeights).toEqual([]);
      const h = normal([5, 8], 4);
      const normed = tf.mul(h, tf.rsqrt(tf.add(tf.mean(tf.square(h), -1, true), 1e-5)));
      const got = off.apply(h, layer);
      expect(apart(got.dataSync(), tf.add(h, layer(normed)).dataSync())).toBeLessThan(1e-6);
    });
  });

  const good = { dim: 4, rate: 2, layerIndex: 0 };
  it.each<[string, object, string]>([
    ['no rate', { dim: 4, layerIndex: 0 }, 'rate must be an integer from 1 to 16, got undefined'],
    ['no layerIndex', { dim: 4, rate: 2 }, 'layerIndex must be an integer, 0 or more, got undefined'],
    ['an unknown option', { ...good, norm: 'rms' }, "unknown option 'norm'"],
    ['no iteration', { ...good, iterations: 0 }, 'iterations must be an integer from 1 to 100, got 0'],
    ['another form', { ...good, form: 'log' }, `form must be 'softmax' or 'exp', got "log"`],
    [
      'another mixing',
      { ...good, mixing: 'learned' },
      `mixing must be 'sinkhorn' or 'identity', got "learned"`,
    ],
    ['a negative epsilon', { ...good, epsilon: -1 }, 'epsilon must be a number from 0 to below 1, got -1'],
    ['a flag that is none', { ...good, prenorm: 1 }, 'prenorm must be true or false, got 1'],
    ['half a value', { ...good, dim: 4.5 }, 'dim must be an integer, 1 or more, got 4.5'],
    [
      'a bad epsilon of the pre-norm',
      { ...good, prenormEpsilon: -1 },
      'prenormEpsilon must be a finite number, 0 or more, got -1',
    ],
  ])('refuses %s', (_, options, message) => {
    const before = tf.memory().numTensors;
    expect(() => new ManifoldConnection(options as ManifoldOptions)).toThrow(
      `ManifoldConnection: ${message}`,
    );
    expect(tf.memory().numTensors).toBe(before); // no weights are left behind
  });
});
