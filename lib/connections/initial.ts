import { Random } from '../common/random.js';
import type { ResolvedOptions } from '../contract/options.js';
import type { WeightName } from '../contract/weights.js';
import { learnedShapes, type Mixing } from './mixing.js';

/** Initial value of the scalars s_alpha and s_beta, from the paper's code; the paper itself gives none. */
export const INITIAL_SCALE = 0.01;

/** Options of a connection's initial weights, in addition to those of the connection. */
export interface InitialOptions {
  /** Whether there is a `prenormGamma`. */
  prenorm: boolean;
  /** Index of the layer in the network. At first the layer reads the stream `layerIndex mod streams`. */
  layerIndex: number;
  /** Standard deviation of the noise added to each weight; 0 gives the paper's initial weights. */
  perturb: number;
  /** Seed of the noise. */
  seed: number;
  /** Whether alpha has columns A. */
  mixing: Mixing;
}

/**
 * The initial weights of Eq. 15: dynamic weights 0, B = 1, A = I, Y = I on the stream `layerIndex mod streams`; gains
 * 1, scalars 0.01.
 *
 * With these weights a network computes what the pre-norm residual network computes.
 */
export function initialWeights(
  o: ResolvedOptions,
  { prenorm, layerIndex, perturb, seed, mixing }: InitialOptions,
): Map<WeightName, { shape: readonly number[]; values: Float32Array }> {
  const random = new Random(seed);
  const weights = new Map<WeightName, { shape: readonly number[]; values: Float32Array }>();
  for (const [key, shape] of Object.entries(learnedShapes(o, prenorm, mixing))) {
    const name = key as WeightName;
    const values = initialValues(name, shape, o, layerIndex);
    if (perturb !== 0) for (let i = 0; i < values.length; i++) values[i]! += perturb * random.normal();
    weights.set(name, { shape, values });
  }
  return weights;
}

function initialValues(
  name: WeightName,
  shape: readonly number[],
  o: ResolvedOptions,
  layerIndex: number,
): Float32Array {
  const size = shape.reduce((product, each) => product * each, 1);
  switch (name) {
    case 'staticAlpha':
      return identities(o, layerIndex, shape[1]!);
    case 'staticBeta':
    case 'normGamma':
    case 'prenormGamma':
      return new Float32Array(size).fill(1);
    case 'scaleAlpha':
    case 'scaleBeta':
      return new Float32Array(size).fill(INITIAL_SCALE);
    case 'wAlpha':
    case 'wBeta':
    case 'normBeta':
      return new Float32Array(size);
  }
}

/** The first columns of `[Y | A]` of Eq. 15, row-major: all `m + n`, or the `m` of Y. */
function identities({ n, m, streams }: ResolvedOptions, layerIndex: number, columns: number): Float32Array {
  const values = new Float32Array(n * columns);
  const first = (layerIndex % streams) * m;
  for (let j = 0; j < m; j++) values[(first + j) * columns + j] = 1;
  for (let i = 0; m + i < columns; i++) values[i * columns + m + i] = 1;
  return values;
}
