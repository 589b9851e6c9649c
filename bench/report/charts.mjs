// Draws rows as charts. ECharts renders them as SVG, so that the page needs no script.
import { init } from 'echarts';
import { groups } from '../harness/latest.mjs';
import { keptRows } from '../models/claim.mjs';
import { CONTENDERS, PEERS } from '../ops/contenders.mjs';
import { nameShape } from '../ops/shapes.mjs';

const WIDTH = 900;
const HEIGHT = 380;
/** A path has the same colour in all charts. */
const PALETTE = ['#5470c6', '#fac858', '#73c0de', '#91cc75', '#ee6666', '#3ba272', '#9a60b4', '#fc8452'];
const ORDER = [...Object.keys(CONTENDERS), ...PEERS];
const place = name => Math.max(0, ORDER.indexOf(name.split(',')[0]));

function draw(option) {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  const common = {
    animation: false,
    legend: { bottom: 0, itemGap: 30 },
    grid: { left: 70, right: 30, top: 30, bottom: 90 },
  };
  chart.setOption({ ...common, ...option });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

/** A bar chart with one group per category and one series per name. `value` is the value of a row. */
function bars(rows, { category, name, value, axis, log = false, mark }) {
  const categories = groups(rows, category).map(([each]) => each);
  const inOrder = groups(rows, name).sort(([a], [b]) => place(a) - place(b) || a.localeCompare(b));
  const series = inOrder.map(([each, own], i) => ({
    name: each,
    type: 'bar',
    ...(ORDER.includes(each) && { color: PALETTE[place(each)] }),
    data: categories.map(wanted => round(own.filter(row => category(row) === wanted).map(value)[0] ?? null)),
    ...(i === 0 && mark !== undefined && { markLine: { symbol: 'none', data: [{ yAxis: mark }] } }),
  }));
  return draw({
    xAxis: { type: 'category', data: categories, axisLabel: { interval: 0, rotate: 30 } },
    yAxis: { type: log ? 'log' : 'value', name: axis, nameLocation: 'middle', nameGap: 50 },
    series,
  });
}

const round = value => (value === null ? null : Number(value.toPrecision(3)));

/**
 * Forward and backward pass of an op, one bar per path and shape: the speed-up over the composition, and the percentage
 * of a copy.
 */
function opsCharts(rows) {
  const both = rows.filter(row => row.pass === 'both' && row.op !== 'residual');
  const common = { category: row => nameShape(row.shape), name: row => row.path };
  return groups(both, row => row.op).flatMap(([op, group]) => {
    const kernels = group.filter(row => row.ofComposition !== null);
    const moved = group.filter(row => row.percentOfCopy !== null);
    const value = row => 1 / row.ofComposition;
    const faster = { ...common, value, axis: 'times as fast', log: true };
    const near = { ...common, value: row => row.percentOfCopy, axis: '% of a copy', mark: 100 };
    const title = `${op}, forward and backward`;
    return [
      ...chart(`${title}: kernels against the composition of tfjs ops`, kernels, faster),
      ...chart(`${title}: bytes a second, in percent of a copy`, moved, near),
    ];
  });
}

const chart = (title, rows, how) => (rows.length > 0 ? [{ title, svg: bars(rows, how) }] : []);

const ends = rows => ({
  min: Math.min(...rows.map(({ at }) => at)),
  max: Math.max(...rows.map(({ at }) => at)),
});

function scalingCharts(rows) {
  return groups(rows, row => row.along).map(([along, group]) => ({
    title: `A connection along ${along}`,
    svg: draw({
      xAxis: { type: 'log', logBase: 2, name: along, nameLocation: 'middle', nameGap: 30, ...ends(group) },
      yAxis: { type: 'log', scale: true, name: 'us', nameLocation: 'middle', nameGap: 50 },
      series: groups(group, row => `${row.path}, ${row.pass}`).map(([name, line]) => ({
        name,
        type: 'line',
        data: line.map(({ at, us }) => [at, round(us)]),
      })),
    }),
  }));
}

function modelCharts(rows) {
  const say = ({ dim, layers, batch, context }) =>
    `dim ${dim}, ${layers} layers, ${batch} x ${context} tokens`;
  return groups(rows, row => `${row.path}, ${say(row.sizes)}`).flatMap(([where, group]) => {
    const of = pass => group.filter(row => row.pass === pass && row.ofResidual !== null);
    const common = { category: row => row.wiring, name: row => row.kind };
    const time = { ...common, value: row => row.ofResidual, axis: 'over residual', mark: 1 };
    const base = row => of('training').find(({ kind, wiring }) => kind === row.kind && wiring === 'residual');
    const kept = { ...common, value: row => keptRows(row, base(row)), axis: 'rows a token and sublayer' };
    return [
      ...chart(`What a training step keeps beyond residual’s; ${where}`, of('training'), kept),
      ...chart(`A training step’s time; ${where}`, of('training'), time),
      ...chart(`Inference’s time; ${where}`, of('inference'), time),
    ];
  });
}

/** All charts: [{ title, svg }]. */
export function chartsOf(rows) {
  const of = suite => rows.filter(row => row.suite === suite);
  return [...modelCharts(of('models')), ...opsCharts(of('ops')), ...scalingCharts(of('scaling'))];
}
