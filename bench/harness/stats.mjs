// What a list of samples says, by simple-statistics.
import { interquartileRange, linearRegression, linearRegressionLine, mean, median } from 'simple-statistics';

/** The reference loop may be this much slower on the average than at its fastest before a run counts as noisy. */
export const INTERFERENCE = 0.1;
/** And a median may be this uncertain, as a share of it. */
export const UNCERTAINTY = 0.15;
/** A point this far off its line is a cliff. */
const CLIFF = 0.2;

/** Median, spread (interquartile range over median) and number of samples. */
export const summary = samples => ({
  median: median(samples),
  spread: samples.length < 2 ? 0 : interquartileRange(samples) / median(samples),
  samples: samples.length,
});

/** How much slower the reference loop was beside a measurement than at its fastest in the whole run: 0.1 is 10 %. */
export const interference = (beside, fastest) => mean(beside) / fastest - 1;

/** Half the 95 % interval of a median as a box plot's notch has it (McGill, Tukey and Larsen, 1978), as a share of the median. */
export const uncertainty = ({ spread, samples }) => (1.57 * spread) / Math.sqrt(samples);

export const isNoisy = ({ interference, ...summary }) =>
  interference > INTERFERENCE || uncertainty(summary) > UNCERTAINTY;

/**
 * The line through points in logarithms: `slope` is the power of x with which y grows, `cliffs` are the x whose y is more than
 * CLIFF off the line, with how far: { x, off } where off 0.3 is 30 % above.
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
