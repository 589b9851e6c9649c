import type { ResolvedOptions } from '../../lib/contract/options.js';

/** float64 values by name; weights under the names of ConnectionWeights. */
export type Numbers = Record<string, Float64Array>;

// The papers' equations as plain loops in float64, one token at a time, written without a look at the library's own
// composition. Slow and obvious on purpose.

function normalise(row: Float64Array, w: Numbers, o: ResolvedOptions): Float64Array {
  if (o.norm === 'none' || !(o.dynamicAlpha || o.dynamicBeta)) return row;
  const mean = o.norm === 'layer' ? average(row) : 0;
  const centred = row.map(value => value - mean);
  const deviation = Math.sqrt(average(centred.map(value => value * value)) + o.epsilon);
  return centred.map((value, l) => (value / deviation) * w.normGamma![l]! + (w.normBeta?.[l] ?? 0));
}

const average = (row: Float64Array) => row.reduce((sum, value) => sum + value, 0) / row.length;

/** One token's width connection; h has n * c values. */
export function widthToken(h: Float64Array, w: Numbers, o: ResolvedOptions) {
  const { n, m, c } = o;
  const k = m + n;
  const activation = o.tanh ? Math.tanh : (value: number) => value;
  const alpha = Float64Array.from(w.staticAlpha!);
  const beta = Float64Array.from(w.staticBeta!);
  for (let i = 0; i < n; i++) {
    const z = normalise(h.slice(i * c, (i + 1) * c), w, o);
    for (let j = 0; j < k && o.dynamicAlpha; j++) {
      let dot = 0;
      for (let l = 0; l < c; l++) dot += z[l]! * w.wAlpha![l * k + j]!;
      alpha[i * k + j]! += (w.scaleAlpha?.[0] ?? 1) * activation(dot);
    }
    if (o.dynamicBeta) {
      let dot = 0;
      for (let l = 0; l < c; l++) dot += z[l]! * w.wBeta![l]!;
      beta[i]! += (w.scaleBeta?.[0] ?? 1) * activation(dot);
    }
  }
  return { x: readToken(h, alpha, w.prenormGamma, o), alpha, beta };
}

/** What one token's layer reads, with its alpha. */
export function readToken(
  h: Float64Array,
  alpha: Float64Array,
  gamma: Float64Array | undefined,
  o: ResolvedOptions,
): Float64Array {
  const { n, m, c } = o;
  const x = new Float64Array(o.dim);
  for (let j = 0; j < m; j++)
    for (let i = 0; i < n; i++)
      for (let l = 0; l < c; l++) x[j * c + l]! += alpha[i * (m + n) + j]! * h[i * c + l]!;
  return gamma === undefined ? x : prenorm(x, gamma, o);
}

function prenorm(x: Float64Array, gamma: Float64Array, o: ResolvedOptions): Float64Array {
  const root = Math.sqrt(average(x.map(value => value * value)) + o.prenormEpsilon);
  return x.map((value, l) => (value / root) * gamma[l]!);
}

/** One token's depth connection. */
export function depthToken(
  h: Float64Array,
  y: Float64Array,
  alpha: Float64Array,
  beta: Float64Array,
  o: ResolvedOptions,
): Float64Array {
  const { n, m, c } = o;
  const out = new Float64Array(n * c);
  for (let i = 0; i < n; i++)
    for (let l = 0; l < c; l++) {
      let sum = beta[i]! * y[(i % m) * c + l]!;
      for (let k = 0; k < n; k++) sum += alpha[k * (m + n) + m + i]! * h[k * c + l]!;
      out[i * c + l] = sum;
    }
  return out;
}

/** Central differences of a scalar function by every value of every input. */
export function finiteDifferences(inputs: Numbers, f: (inputs: Numbers) => number, step = 1e-5): Numbers {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, values]) => {
      const gradient = values.map((_, i) => {
        const at = (offset: number) =>
          f({ ...inputs, [name]: values.map((v, j) => (j === i ? v + offset : v)) });
        return (at(step) - at(-step)) / (2 * step);
      });
      return [name, gradient];
    }),
  );
}
