import type { Run } from '../run.js';
import { type EChartsCoreOption, openChart } from './echarts.js';
import { axis, common, readTheme, runColor, type Theme } from './theme.js';

/** The curves of all runs, one over the other. */
export class LossChart {
  private readonly chart;

  constructor(element: HTMLElement) {
    this.chart = openChart(element);
    new ResizeObserver(() => this.chart.resize()).observe(element);
  }

  draw(runs: readonly Run[]): void {
    this.chart.setOption(option(runs, readTheme()), { replaceMerge: ['series'] });
  }
}

function option(runs: readonly Run[], theme: Theme): EChartsCoreOption {
  const names = runs.map(run => run.name);
  return {
    ...common(theme),
    tooltip: {
      ...common(theme).tooltip,
      trigger: 'axis',
      valueFormatter: (value: number) => value.toFixed(3),
    },
    legend: { top: 0, data: names, textStyle: { color: theme.ink }, icon: 'roundRect', itemHeight: 4 },
    grid: { left: 52, right: 12, top: 32, bottom: 42 },
    xAxis: { type: 'value', min: 0, minInterval: 1, ...axis(theme, 'step', 26), splitLine: { show: false } },
    yAxis: { type: 'value', scale: true, ...axis(theme, 'loss', 36) },
    series: runs.flatMap((run, i) => curves(run, runColor(theme, i))),
  };
}

function curves(run: Run, color: string) {
  const byStep = (values: readonly number[]) => values.map((loss, i) => [i + 1, loss]);
  const line = { type: 'line', name: run.name, color, showSymbol: false, emphasis: { disabled: true } };
  return [
    {
      ...line,
      id: `${run.name} smoothed`,
      data: byStep(run.smoothed),
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
