// Statistics of a list of samples, with simple-statistics.
import { interquartileRange, linearRegression, linearRegressionLine, mean, median } from 'simple-statistics';

/** A run counts as noisy if the mean time of the reference loop exceeds its fastest time by more than this share. */
export const INTERFERENCE = 0.1;
/** A run also counts as noisy if the uncertainty of a median exceeds this share of it. */
export const UNCERTAINTY = 0.15;
/** A point that deviates from its line by more than this is a cliff. */
const CLIFF = 0.2;

/** Median, spread (interquartile range over median) and number of samples. */
export const summary = samples => ({
  median: median(samples),
  spread: samples.length < 2 ? 0 : interquartileRange(samples) / median(samples),
  samples: samples.length,
});

/** How much slower the reference loop was next to a measurement than at its fastest in the whole run: 0.1 is 10 %. */
export const interference = (beside, fastest) => mean(beside) / fastest - 1;

/**
 * Half the 95 % interval of a median, as in the notch of a box plot (McGill, Tukey and Larsen, 1978), as a share of the
 * median.
 */
export const uncertainty = ({ spread, samples }) => (1.57 * spread) / Math.sqrt(samples);

export const isNoisy = ({ interference, ...summary }) =>
  interference > INTERFERENCE || uncertainty(summary) > UNCERTAINTY;

/**
 * Fits a line to the logarithms of points. `slope` is the power of x with which y grows. `cliffs` are the points whose
 * y deviates from the line by more than CLIFF: { x, off }, where off 0.3 means 30 % above.
 */
export function scaling(points) {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)]);
  const line = linearRegression(logs);
  const at = linearRegressionLine(line);
  const off = ([x, y]) => y / Math.exp(at(Math.log(x))) - 1;
  const cliffs = points
    .map(point => ({ x: point[0], off: off(point) }))
    .filter(each => Math.abs(each.off) > CLIFF);
  return { slope: line.m, cliffs };
}
