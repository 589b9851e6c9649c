// Only what the page draws goes into its bundle.
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

/** A chart in an element, drawn as SVG. */
export const openChart = (element: HTMLElement): ECharts => init(element, null, { renderer: 'svg' });

export type { ECharts, EChartsCoreOption };
