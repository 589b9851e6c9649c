import type { EChartsCoreOption } from 'echarts/core';
import { integer, loss, signed } from '../format.js';
import { baselineOf, difference, movingAverage } from '../series.js';
import type { ReportData, RunReport, Series } from '../types.js';
import { axis, common, dash, legend, seriesColor, type Theme } from './theme.js';

interface Line {
  run: string;
  color: string;
  dash: 'solid' | 'dashed' | 'dotted';
  faint?: Series;
  bold: Series;
}

/** Training loss of every run: each step faint, the moving average bold. */
export function lossOption(report: ReportData, theme: Theme): EChartsCoreOption {
  const lines = report.runs.map((run, i) => ({
    ...look(run, i, theme),
    faint: run.train,
    bold: smooth(run.train, report.emaSteps),
  }));
  // With the steep first steps, the rest of the curve would look flat. The bar below the chart shows them.
  return chart(theme, lines, 'training loss (nats per token)', loss, { start: 10 });
}

/** Training loss minus the baseline's, smoothed. */
export function differenceOption(report: ReportData, theme: Theme): EChartsCoreOption {
  const lines = against(report, theme, (run, base) =>
    smooth(difference(run.train, base.train), report.emaSteps),
  );
  return withZero(theme, chart(theme, lines, differenceName(report), signed));
}

/** Held-out loss at each evaluation. */
export function evalOption(report: ReportData, theme: Theme): EChartsCoreOption {
  const lines = report.runs.map((run, i) => ({ ...look(run, i, theme), bold: run.evals }));
  return chart(theme, lines, 'held-out loss (nats per token)', loss, { points: true });
}

/** Held-out loss minus the baseline's. */
export function evalDifferenceOption(report: ReportData, theme: Theme): EChartsCoreOption {
  const lines = against(report, theme, (run, base) => difference(run.evals, base.evals));
  return withZero(theme, chart(theme, lines, differenceName(report), signed, { points: true }));
}

function against(report: ReportData, theme: Theme, of: (run: RunReport, base: RunReport) => Series): Line[] {
  const base = baselineOf(report.runs);
  return report.runs.flatMap((run, i) =>
    base === undefined || run === base ? [] : [{ ...look(run, i, theme), bold: of(run, base) }],
  );
}

function differenceName(report: ReportData): string {
  return `loss minus ${baselineOf(report.runs)?.name ?? 'baseline'} (nats per token)`;
}

function withZero(theme: Theme, option: EChartsCoreOption): EChartsCoreOption {
  const zero = { silent: true, symbol: 'none', label: { show: false }, data: [{ yAxis: 0 }] };
  const [first] = option.series as Record<string, unknown>[];
  if (first) first.markLine = { ...zero, lineStyle: { color: theme.soft, type: 'solid', width: 1 } };
  return option;
}

function look(run: RunReport, i: number, theme: Theme) {
  return { run: run.name, color: seriesColor(theme, i), dash: dash(theme, i) };
}

function smooth(series: Series, steps: number): Series {
  return { x: series.x, y: movingAverage(series.y, steps) };
}

function chart(
  theme: Theme,
  lines: Line[],
  yName: string,
  format: (value: number) => string,
  { points = false, start = 0 } = {},
): EChartsCoreOption {
  const series = lines.flatMap(line => {
    const base = { type: 'line', name: line.run, color: line.color, emphasis: { disabled: true } };
    const bold = {
      ...base,
      data: pairs(line.bold),
      showSymbol: points,
      symbol: 'circle',
      symbolSize: 6,
      lineStyle: { width: 2.2, type: line.dash, color: line.color },
      z: 3,
    };
    if (!line.faint) return [bold];
    const faint = {
      ...base,
      id: `${line.run} faint`,
      data: pairs(line.faint),
      showSymbol: false,
      silent: true,
      lineStyle: { width: 1, color: line.color, opacity: 0.18 },
      // Only the bold line has a tooltip.
      tooltip: { show: false },
    };
    return [bold, faint];
  });
  return {
    ...common(theme),
    tooltip: {
      ...common(theme).tooltip,
      trigger: 'axis',
      formatter: (items: { seriesName: string; seriesId: string; marker: string; value: number[] }[]) =>
        tooltip(items, format),
    },
    legend: legend(
      theme,
      lines.map(line => line.run),
    ),
    grid: { left: 66, right: 18, top: 36, bottom: 76 },
    dataZoom: [
      {
        type: 'slider',
        start,
        height: 16,
        bottom: 2,
        brushSelect: false,
        showDetail: false,
        borderColor: theme.line,
        fillerColor: `${theme.line}88`,
        dataBackground: { lineStyle: { opacity: 0 }, areaStyle: { opacity: 0 } },
        selectedDataBackground: { lineStyle: { opacity: 0 }, areaStyle: { opacity: 0 } },
        handleStyle: { color: theme.card, borderColor: theme.soft },
        moveHandleSize: 0,
      },
    ],
    xAxis: {
      type: 'value',
      min: 'dataMin',
      max: 'dataMax',
      ...axis(theme, 'step', 28),
      axisLabel: { ...axis(theme, '', 0).axisLabel, formatter: integer },
      splitLine: { show: false },
    },
    yAxis: { type: 'value', scale: true, ...axis(theme, yName, 48) },
    series,
  };
}

function tooltip(
  items: { seriesName: string; seriesId: string; marker: string; value: number[] }[],
  format: (value: number) => string,
): string {
  const bold = items.filter(item => !item.seriesId.endsWith(' faint'));
  const step = integer(items[0]?.value[0] ?? 0);
  const rows = bold.map(item => `${item.marker}${item.seriesName} <b>${format(item.value[1] as number)}</b>`);
  return [`step ${step}`, ...rows].join('<br>');
}

function pairs(series: Series): number[][] {
  return series.x.map((x, i) => [x, series.y[i] as number]);
}
