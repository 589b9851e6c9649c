import type { Run } from '../run.js';
import { type ECharts, type EChartsCoreOption, openChart } from './echarts.js';
import { movingAverage, reach } from './smooth.js';
import { axis, common, readTheme, runColor, type Theme } from './theme.js';

/** A chart of all runs. One of the functions below makes its options. */
export class RunChart {
  private chart: ECharts | undefined;

  constructor(
    private readonly element: HTMLElement,
    private readonly option: (runs: readonly Run[], theme: Theme) => EChartsCoreOption,
  ) {}

  /** Draws the chart if the element is visible, because a hidden element has no size. */
  draw(runs: readonly Run[]): void {
    this.chart ??= this.open();
    this.chart.setOption(this.option(runs, readTheme()), { replaceMerge: ['series'] });
  }

  private open(): ECharts {
    const chart = openChart(this.element);
    new ResizeObserver(() => chart.resize()).observe(this.element);
    return chart;
  }
}

/** The run that the others are compared with: the first residual run, or else the first run. */
export const baselineOf = (runs: readonly Run[]) => runs.find(({ name }) => name === 'residual') ?? runs[0];

/** The runs that read the same bytes as the baseline at every step. */
export function comparable(runs: readonly Run[]): Run[] {
  const base = baselineOf(runs);
  return runs.filter(run => run !== base && bytesOf(run) === bytesOf(base!) && run.step > 0);
}

const bytesOf = ({ settings: { text, context, batch } }: Run) => JSON.stringify([text, context, batch]);

/** The loss curves of all runs. */
export function lossOption(runs: readonly Run[], theme: Theme): EChartsCoreOption {
  const legend = { top: 0, textStyle: { color: theme.ink }, icon: 'roundRect', itemHeight: 4 };
  return {
    ...lines(runs, theme, 'loss'),
    legend: { ...legend, data: runs.map(run => run.name) },
    grid: { left: 56, right: 12, top: 32, bottom: 42 },
    series: runs.flatMap((run, i) => curves(run, runColor(theme, i))),
  };
}

/** The difference between each run and the baseline, because the loss curves are too close to distinguish. */
export function differenceOption(runs: readonly Run[], theme: Theme): EChartsCoreOption {
  const base = baselineOf(runs)!;
  const others = comparable(runs);
  return {
    ...lines(runs, theme, 'difference'),
    grid: { left: 56, right: 12, top: 10, bottom: 42 },
    series: runs.flatMap((run, i) => {
      if (!others.includes(run)) return [];
      const common = run.losses.slice(0, base.losses.length);
      const differences = common.map((loss, step) => loss - base.losses[step]!);
      const data = byStep(movingAverage(differences, reach(run.settings.steps)));
      const color = runColor(theme, i);
      return [{ ...curve(run, color), id: run.name, data, lineStyle: { width: 2.4, color } }];
    }),
  };
}

function lines(runs: readonly Run[], theme: Theme, name: string) {
  const last = Math.max(...runs.map(run => run.settings.steps));
  const tooltip = { trigger: 'axis', valueFormatter: (value: number) => value.toFixed(3) };
  return {
    ...common(theme),
    tooltip: { ...common(theme).tooltip, ...tooltip },
    xAxis: {
      type: 'value',
      min: 0,
      max: last,
      minInterval: 1,
      ...axis(theme, 'step', 26),
      splitLine: { show: false },
    },
    yAxis: { type: 'value', scale: true, ...axis(theme, name, 42) },
  };
}

const byStep = (values: readonly number[]) => values.map((loss, i) => [i + 1, loss]);

const curve = (run: Run, color: string) => ({
  ...{ type: 'line', name: run.name, color, showSymbol: false, sampling: 'lttb' },
  emphasis: { disabled: true },
});

function curves(run: Run, color: string) {
  const line = curve(run, color);
  return [
    {
      ...line,
      id: `${run.name} smoothed`,
      data: byStep(movingAverage(run.losses, reach(run.settings.steps))),
      lineStyle: { width: 2.4, color },
      z: 3,
    },
    {
      ...line,
      id: `${run.name} steps`,
      data: byStep(run.losses),
      lineStyle: { width: 1, color, opacity: 0.28 },
      silent: true,
      tooltip: { show: false },
    },
    {
      ...line,
      id: `${run.name} held-out`,
      data: run.heldOut.map(({ step, loss }) => [step, loss]),
      showSymbol: true,
      symbol: 'circle',
      symbolSize: 7,
      itemStyle: { color, borderColor: 'transparent' },
      lineStyle: { width: 0 },
      tooltip: { show: false },
      z: 4,
    },
  ];
}
