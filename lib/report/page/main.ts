import { CustomChart, LineChart } from 'echarts/charts';
import {
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TooltipComponent,
  VisualMapComponent,
} from 'echarts/components';
import { type ECharts, type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { ReportData } from '../types.js';
import { changeRange, coefficientOption, type Kind } from './coefficients.js';
import { differenceOption, evalDifferenceOption, evalOption, lossOption } from './curves.js';
import { similarityOption } from './similarity.js';
import { readTheme, seriesColor, type Theme } from './theme.js';

// SVG instead of canvas: it is sharp in print, and a test can read it.
use([
  CustomChart,
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  LineChart,
  MarkLineComponent,
  SVGRenderer,
  TooltipComponent,
  VisualMapComponent,
]);

interface Chart {
  element: HTMLElement;
  chart: ECharts;
  draw: (theme: Theme) => void;
}

function chartsOf(report: ReportData): Chart[] {
  const charts: Chart[] = [];
  const add = (
    id: string,
    make: (theme: Theme, width: number) => { option: EChartsCoreOption; height?: number },
  ) => {
    const element = document.getElementById(id);
    if (!element) return undefined;
    const chart = init(element, null, { renderer: 'svg' });
    const draw = (theme: Theme) => {
      const { option, height } = make(theme, element.clientWidth);
      if (height) element.style.height = `${height}px`;
      chart.resize();
      chart.setOption(option, { notMerge: true });
    };
    charts.push({ element, chart, draw });
    return draw;
  };
  add('chart-loss', theme => ({ option: lossOption(report, theme) }));
  add('chart-difference', theme => ({ option: differenceOption(report, theme) }));
  add('chart-eval', theme => ({ option: evalOption(report, theme) }));
  add('chart-eval-difference', theme => ({ option: evalDifferenceOption(report, theme) }));
  add('chart-similarity', theme => ({ option: similarityOption(report, theme) }));
  const wired = report.runs.filter(run => run.connections.length > 0);
  const range = changeRange(wired);
  wired.forEach((run, i) => {
    let kind: Kind = 'learned';
    const draw = add(`chart-coefficients-${i}`, (theme, width) =>
      coefficientOption(run, kind, range, theme, width),
    );
    for (const input of document.querySelectorAll<HTMLInputElement>(`input[name="kind-${i}"]`)) {
      input.addEventListener('change', () => {
        kind = input.value === 'tokenMean' ? 'tokenMean' : 'learned';
        draw?.(readTheme());
      });
    }
  });
  return charts;
}

function start(): void {
  const source = document.getElementById('report-data')?.textContent ?? '';
  const report = JSON.parse(source) as ReportData;
  const charts = chartsOf(report);
  const drawAll = () => {
    const theme = readTheme();
    for (const { draw } of charts) draw(theme);
    report.runs.forEach((run, i) => {
      const swatch = document.querySelector<HTMLElement>(`.swatch[data-run="${CSS.escape(run.name)}"]`);
      if (swatch) swatch.style.background = seriesColor(theme, i);
    });
  };
  drawAll();
  let pending = 0;
  window.addEventListener('resize', () => {
    window.clearTimeout(pending);
    pending = window.setTimeout(drawAll, 100);
  });
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
  window.matchMedia('print').addEventListener('change', drawAll);
  document.documentElement.dataset.charts = 'drawn';
}

start();
