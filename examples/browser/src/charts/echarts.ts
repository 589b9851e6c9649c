// Imports only the parts of ECharts that the page uses, to keep the bundle small.
import { HeatmapChart, LineChart } from 'echarts/charts';
import {
  AriaComponent,
  GridComponent,
  LegendComponent,
  TooltipComponent,
  VisualMapComponent,
} from 'echarts/components';
import { type ECharts, type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([
  ...[HeatmapChart, LineChart, SVGRenderer, AriaComponent],
  ...[GridComponent, LegendComponent, TooltipComponent, VisualMapComponent],
]);

/** Makes a chart in an element, drawn as SVG. */
export const openChart = (element: HTMLElement): ECharts => init(element, null, { renderer: 'svg' });

export type { ECharts, EChartsCoreOption };
