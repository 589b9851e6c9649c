import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { Connection } from '../../lib/connections/connection.js';
import { ConnectionStack } from '../../lib/connections/connection_stack.js';
import { countFlops, countParameters } from '../../lib/connections/count.js';
import { FracConnection } from '../../lib/connections/frac_connection.js';
import { HyperConnection } from '../../lib/connections/hyper_connection.js';
import type { JointOptions } from '../../lib/connections/module_options.js';
import { expandStreams, reduceStreams } from '../../lib/connections/streams.js';

const layer = (x: tf.Tensor) => tf.tanh(tf.mul(tf.reverse(x, -1), 0.7));
const normal = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);
const kinds: [string, JointOptions][] = [
  ['frac', { dim: 8, fractions: 4 }],
  ['frac, static', { dim: 8, fractions: 2, dynamic: false }],
  ['hyper, beta only', { dim: 6, streams: 3, dynamicAlpha: false }],
  ['joint with a pre-norm', { dim: 6, streams: 2, fractions: 3, prenorm: true, norm: 'layer' }],
];

describe.each(kinds)('a connection without mixing, %s', (_, kind) => {
  const options: JointOptions = { ...kind, mixing: 'identity', perturb: 0.3, seed: 2 };
  const { streams = 1, fractions = 1, dim } = kind;
  const [n, m] = [streams * fractions, fractions];

  /** The connection with all columns of alpha, those of A being the identity. */
  function full(of: Connection): Connection {
    const made = new Connection(kind);
    const columns = (w: tf.Tensor, more: tf.Tensor) => tf.concat([w, more], 1);
    const { staticAlpha, wAlpha, ...others } = of.weights;
    made.weights.staticAlpha.assign(columns(staticAlpha, tf.eye(n)));
    if (wAlpha) made.weights.wAlpha!.assign(columns(wAlpha, tf.zeros([dim / fractions, n])));
    for (const [name, weight] of Object.entries(others)) made.weights[name as 'staticBeta'].assign(weight);
    return made;
  }

  it('computes what one does whose A is the identity, gradients too', () => {
    tf.tidy(() => {
      const without = new Connection(options);
      const withA = full(without);
      const h = normal([5, streams * dim], 3);
      expect([...without.apply(h, layer).dataSync()]).toEqual([...withA.apply(h, layer).dataSync()]);
      const gradients = (of: Connection) => {
        const list = Object.entries(of.weights);
        const { grads } = tf.variableGrads(
          () => tf.sum(tf.square(of.apply(h, layer))) as tf.Scalar,
          list.map(([, weight]) => weight),
        );
        return Object.fromEntries(list.map(([name, weight]) => [name, grads[weight.name]!]));
      };
      const [got, want] = [gradients(without), gradients(withA)];
      for (const [name, gradient] of Object.entries(got)) {
        const alpha = name === 'staticAlpha' || name === 'wAlpha';
        // The scale of alpha multiplies the dynamic part, which is 0 in columns A.
        const expected = alpha ? tf.slice(want[name]!, [0, 0], [-1, m]) : want[name]!;
        expect([...gradient.dataSync()], name).toEqual([...expected.dataSync()]);
      }
    });
  });

  it('is the residual connection at first', () => {
    tf.tidy(() => {
      const { prenorm: _, ...plain } = kind;
      const stack = new ConnectionStack({ ...plain, mixing: 'identity', branches: [layer, tf.sin] });
      const h = normal([5, dim], 4);
      const out = reduceStreams(stack.apply(expandStreams(h, streams)), streams);
      let want: tf.Tensor = h;
      for (const branch of [layer, tf.sin]) want = tf.add(want, branch(want));
      const off = tf.norm(tf.sub(tf.div(out, streams), want)).dataSync()[0]!;
      expect(off).toBeLessThan(1e-5);
    });
  });

  it('has as many parameters as are counted, and fewer operations', () => {
    const connection = new Connection(options);
    const { dynamic, prenorm = false, ...sizes } = kind;
    const both = dynamic === undefined ? {} : { dynamicAlpha: dynamic, dynamicBeta: dynamic };
    const counted = { ...sizes, ...both, prenorm, mixing: 'identity' as const };
    const size = Object.values(connection.stateDict()).reduce((sum, each) => sum + each.size, 0);
    expect(countParameters(counted).total).toBe(size);
    expect(connection.weights.staticAlpha.shape).toEqual([n, m]);
    const { mix, ...others } = countFlops(counted);
    expect(mix).toBe(0);
    expect(others.total).toBeLessThan(countFlops({ ...counted, mixing: 'learned' }).total);
    connection.dispose();
  });

  it('goes through JSON and weights, and leaves no tensor', () => {
    const connection = new Connection(options);
    const again = Connection.fromJSON(JSON.parse(JSON.stringify(connection)));
    expect(again.toJSON()).toEqual(connection.toJSON());
    expect(again.mixing).toBe('identity');
    again.loadStateDict(connection.stateDict());
    const h = normal([5, streams * dim], 3);
    const run = (of: Connection) => tf.tidy(() => [...of.apply(h, layer).dataSync()]);
    expect(run(again)).toEqual(run(connection));
    const before = tf.memory().numTensors;
    connection.apply(h, x => x).dispose();
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose(h);
    connection.dispose();
    again.dispose();
  });

  it('is fused with its neighbours of either kind', () => {
    tf.tidy(() => {
      const list = [
        new Connection(options),
        new Connection({ ...options, mixing: 'learned', seed: 5 }),
        new Connection(options),
      ];
      const h = normal([5, streams * dim], 3);
      const branches = [layer, tf.sin, layer];
      const stack = new ConnectionStack({ connections: list, branches });
      const want = list.reduce<tf.Tensor>((state, each, i) => each.apply(state, branches[i]!), h);
      expect([...stack.apply(h).dataSync()]).toEqual([...want.dataSync()]);
    });
  });
});

describe('the option mixing', () => {
  it('is one of the classes’ own, and kept', () => {
    const frac = new FracConnection({ dim: 8, rate: 2, mixing: 'identity' });
    const hyper = new HyperConnection({ dim: 8, rate: 2, layerIndex: 1, mixing: 'identity' });
    expect(frac.toJSON()).toMatchObject({ rate: 2, mixing: 'identity' });
    expect(hyper.toJSON()).toMatchObject({ rate: 2, mixing: 'identity' });
    expect([...hyper.weights.staticAlpha.dataSync()]).toEqual([0, 1]);
    expect(new FracConnection({ dim: 8, rate: 2 }).toJSON()).not.toHaveProperty('mixing');
    frac.dispose();
    hyper.dispose();
  });

  it('means nothing where the connection is off', () => {
    tf.tidy(() => {
      const off = new FracConnection({ dim: 8, rate: 2, mixing: 'identity', enabled: false });
      const h = normal([3, 8], 3);
      expect([...off.apply(h, x => x).dataSync()]).toEqual([...tf.mul(h, 2).dataSync()]);
    });
  });

  it.each([
    ['Connection', () => new Connection({ dim: 8, mixing: 'none' as never })],
    ['countFlops', () => countFlops({ dim: 8, mixing: 'none' as never })],
  ])('%s refuses another word', (fn, make) => {
    expect(make).toThrow(`${fn}: mixing must be 'learned' or 'identity', got "none"`);
  });
});
