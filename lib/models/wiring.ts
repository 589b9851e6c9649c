import type * as tf from '@tensorflow/tfjs-core';
import type { BaseConnection } from '../connections/base_connection.js';
import { ConnectionStack } from '../connections/connection_stack.js';
import { ManifoldConnection } from '../connections/manifold_connection.js';
import { expandStreams, reduceStreams } from '../connections/streams.js';
import type { ConnectionWiring, ManifoldWiring, ResolvedModelOptions } from './options.js';
import type { NamedWeights } from './weights.js';

/** A sublayer as a function of its normalised input: `[N, dim] -> [N, dim]`. */
export type Branch = (x: tf.Tensor2D) => tf.Tensor2D;

/** A callback for each site, with the hidden state that the site reads, `[N, streams * dim]`. */
export type Visit = (site: number, h: tf.Tensor2D) => void;

/** The connections around the sublayers. Models of different wiring differ only in this. */
export interface Joints {
  /** The weights of the wiring, by name, in the order of the sites. */
  readonly weights: NamedWeights;
  /** The weights of the wiring that have weight decay. */
  readonly decay: readonly tf.Variable[];
  /** The connections, one per site; undefined in a residual model. */
  readonly stack: ConnectionStack<BaseConnection> | undefined;
  /** Scale of the final hidden state at the initial weights, relative to that of the residual model. */
  readonly outputScale: number;
  /** Computes the final hidden state `[N, dim]` from the embedding `[N, dim]`, through all branches. */
  run(embedded: tf.Tensor2D, branches: readonly Branch[], visit?: Visit): tf.Tensor2D;
  dispose(): void;
}

/** The two sites of each layer, in order: `layers.0.attention`, `layers.0.feed_forward`, ... */
export function siteNames(layers: number): string[] {
  return Array.from({ length: layers }, (_, i) => [
    `layers.${i}.attention`,
    `layers.${i}.feed_forward`,
  ]).flat();
}

/** Makes the joints for `o.wiring`. They use no random numbers, so all other weights are the same for every wiring. */
export function createJoints(o: ResolvedModelOptions): Joints {
  const stack = createStack(o);
  const { connections } = stack;
  // The streams of a manifold keep their size, so their mean is the state; others grow, and their sum is.
  const reduction = o.wiring.kind === 'manifold' ? 'mean' : 'sum';
  const { streams } = connections[0]!.options;
  const learns = o.wiring.kind !== 'residual';
  const entries = siteNames(o.layers).flatMap((site, i) =>
    Object.entries(connections[i]!.stateDict()).map(([name, weight]) => [
      learns ? `${site}_connection.${name}` : `${site}_norm.weight`,
      weight,
    ]),
  );
  return {
    weights: Object.fromEntries(entries),
    decay: stack.dynamicWeights,
    stack: learns ? stack : undefined,
    outputScale: reduction === 'sum' ? streams : 1,
    run: (embedded, branches, visit) => {
      const out = stack.apply(streams > 1 ? expandStreams(embedded, streams) : embedded, branches, visit);
      return streams > 1 ? reduceStreams(out, streams, reduction) : out;
    },
    dispose: () => stack.dispose(),
  };
}

function createStack({
  wiring,
  dim,
  layers,
  normEpsilon,
}: ResolvedModelOptions): ConnectionStack<BaseConnection> {
  const common = { dim, prenorm: true, prenormEpsilon: normEpsilon };
  const branches = 2 * layers;
  if (wiring.kind === 'residual') return new ConnectionStack({ ...common, branches, enabled: false });
  const { kind, rate, ...flags } = wiring;
  if (wiring.kind === 'manifold') {
    const make = (_: unknown, layerIndex: number) =>
      new ManifoldConnection({ ...(flags as Partial<ManifoldWiring>), ...common, rate, layerIndex });
    return new ConnectionStack({ connections: Array.from({ length: branches }, make) });
  }
  const sizes = kind === 'frac' ? { fractions: rate } : { streams: rate };
  return new ConnectionStack({ ...(flags as Partial<ConnectionWiring>), ...common, branches, ...sizes });
}
