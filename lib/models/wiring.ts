import type * as tf from '@tensorflow/tfjs-core';
import { ConnectionStack, type StackOptions } from '../connections/connection_stack.js';
import { expandStreams, reduceStreams } from '../connections/streams.js';
import type { ResolvedModelOptions } from './options.js';
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
  readonly stack: ConnectionStack | undefined;
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
  const stack = new ConnectionStack(stackOptions(o));
  const { connections } = stack;
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
    outputScale: streams,
    run: (embedded, branches, visit) => {
      const out = stack.apply(streams > 1 ? expandStreams(embedded, streams) : embedded, branches, visit);
      return streams > 1 ? reduceStreams(out, streams) : out;
    },
    dispose: () => stack.dispose(),
  };
}

function stackOptions({ wiring, dim, layers, normEpsilon }: ResolvedModelOptions): StackOptions {
  const common = { dim, prenorm: true, prenormEpsilon: normEpsilon, branches: 2 * layers };
  if (wiring.kind === 'residual') return { ...common, enabled: false };
  const { kind, rate, ...flags } = wiring;
  return { ...flags, ...common, ...(kind === 'frac' ? { fractions: rate } : { streams: rate }) };
}
