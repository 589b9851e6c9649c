// The rows as plots: ECharts draws them as SVG, so that the page needs no script.
import { init } from 'echarts';
import { nameShape } from '../ops/shapes.mjs';
import { groups } from './latest.mjs';

const WIDTH = 900;
const HEIGHT = 380;

function draw(option) {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  const common = {
    animation: false,
    legend: { bottom: 0 },
    grid: { left: 70, right: 30, top: 30, bottom: 90 },
  };
  chart.setOption({ ...common, ...option });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

/** Bars: a category a group, a series a name; `value` of the row that is both. */
function bars(rows, { category, name, value, axis, log = false, mark }) {
  const categories = groups(rows, category).map(([each]) => each);
  const series = groups(rows, name).map(([each, own], i) => ({
    name: each,
    type: 'bar',
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

function opsCharts(rows) {
  const kernels = rows.filter(row => row.ofComposition !== null && row.op !== 'residual');
  const common = { category: row => `${row.op}, ${row.pass}`, name: row => row.path };
  return groups(rows, row => nameShape(row.shape)).flatMap(([shape]) => {
    const here = kernels.filter(row => nameShape(row.shape) === shape);
    const moved = rows.filter(row => nameShape(row.shape) === shape && row.percentOfCopy !== null);
    const charts = [];
    if (here.length > 0) {
      const value = row => 1 / row.ofComposition;
      const svg = bars(here, { ...common, value, axis: 'times as fast', log: true });
      charts.push({ title: `${shape}: kernels against the composition of tfjs ops`, svg });
    }
    if (moved.length > 0) {
      const svg = bars(moved, { ...common, value: row => row.percentOfCopy, axis: '% of a copy', mark: 100 });
      charts.push({ title: `${shape}: bytes a second, in percent of a copy`, svg });
    }
    return charts;
  });
}

function scalingCharts(rows) {
  return groups(rows, row => row.along).map(([along, group]) => ({
    title: `A connection along ${along}`,
    svg: draw({
      xAxis: { type: 'log', name: along, nameLocation: 'middle', nameGap: 30 },
      yAxis: { type: 'log', name: 'us', nameLocation: 'middle', nameGap: 50 },
      series: groups(group, row => `${row.path}, ${row.pass}`).map(([name, line]) => ({
        name,
        type: 'line',
        data: line.map(({ at, us }) => [at, round(us)]),
      })),
    }),
  }));
}

function modelCharts(rows) {
  const training = rows.filter(row => row.pass === 'training' && row.ofResidual !== null);
  const kind = row => `${row.kind}, ${row.path}`;
  const common = { category: row => row.wiring, name: kind, mark: 1 };
  if (training.length === 0) return [];
  const time = bars(training, { ...common, value: row => row.ofResidual, axis: 'over residual' });
  const kept = bars(training, { ...common, value: row => row.activationsOfResidual, axis: 'over residual' });
  return [
    { title: 'A training step’s time', svg: time },
    { title: 'A training step’s activations', svg: kept },
  ];
}

/** All plots: [{ title, svg }]. */
export function chartsOf(rows) {
  const of = suite => rows.filter(row => row.suite === suite);
  return [...modelCharts(of('models')), ...opsCharts(of('ops')), ...scalingCharts(of('scaling'))];
}
