import type { EChartsCoreOption } from 'echarts/core';
import type { ReportData } from '../types.js';
import { axis, common, dash, legend, seriesColor, type Theme } from './theme.js';

/** Figure 2 of the paper: median and 5th to 95th percentile of the similarity of neighbouring sites' inputs. */
export function similarityOption(report: ReportData, theme: Theme): EChartsCoreOption {
  const runs = report.runs.filter(run => run.similarities.length > 0);
  const pairs = runs[0]?.similarities.map(item => item.pair) ?? [];
  const series = runs.flatMap((run, i) => {
    const color = seriesColor(theme, report.runs.indexOf(run));
    const edge = { type: 'line', stack: `band ${i}`, stackStrategy: 'all', symbol: 'none', silent: true };
    const thin = {
      lineStyle: { width: 1, opacity: 0.45, color },
      tooltip: { show: false },
      name: run.name,
      color,
    };
    return [
      { ...edge, ...thin, id: `${run.name} low`, data: run.similarities.map(item => item.p5) },
      {
        ...edge,
        ...thin,
        id: `${run.name} band`,
        data: run.similarities.map(item => item.p95 - item.p5),
        areaStyle: { color, opacity: 0.1 },
      },
      {
        type: 'line',
        id: `${run.name} median`,
        name: run.name,
        color,
        data: run.similarities.map(item => item.median),
        symbol: 'circle',
        symbolSize: 6,
        lineStyle: { width: 2.2, color, type: dash(theme, i) },
        z: 3,
      },
    ];
  });
  return {
    ...common(theme),
    tooltip: {
      ...common(theme).tooltip,
      trigger: 'axis',
      formatter: (items: { dataIndex: number }[]) => {
        const at = items[0]?.dataIndex ?? 0;
        const rows = runs.map(run => {
          const s = run.similarities[at];
          return s
            ? `${run.name} <b>${s.median.toFixed(3)}</b> (${s.p5.toFixed(3)} to ${s.p95.toFixed(3)})`
            : '';
        });
        return [pairs[at] ?? '', ...rows].join('<br>');
      },
    },
    legend: legend(
      theme,
      runs.map(run => run.name),
    ),
    grid: { left: 66, right: 36, top: 36, bottom: 62 },
    xAxis: {
      type: 'category',
      data: pairs,
      boundaryGap: false,
      ...axis(theme, 'neighbouring sites', 44),
      axisLabel: {
        color: theme.soft,
        fontSize: 12,
        lineHeight: 15,
        formatter: (pair: string) => pair.replace(' - ', '\n'),
      },
    },
    yAxis: { type: 'value', scale: true, max: 1, ...axis(theme, 'cosine similarity', 48) },
    series,
  };
}
