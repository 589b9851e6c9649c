import type { EChartsCoreOption } from 'echarts/core';
import { signed } from '../format.js';
import type { Coefficients, ConnectionReport, RunReport } from '../types.js';
import { common, type Theme } from './theme.js';

/** Which values of a connection are drawn. */
export type Kind = 'learned' | 'tokenMean';

interface Cell {
  left: number;
  top: number;
  value: number;
  initial: number;
  where: string;
}

interface Label {
  left: number;
  top: number;
  text: string;
  align: 'left' | 'center' | 'right';
  strong?: boolean;
}

interface Layout {
  cells: Cell[];
  labels: Label[];
  size: number;
  height: number;
}

const GUTTER = 92;
const GAP = 20;
const LEGEND = 36;

/** One small matrix for each part and site: Y above A above B, one column per site, wrapped if the page is too narrow. */
export function coefficientOption(
  run: RunReport,
  kind: Kind,
  range: number,
  theme: Theme,
  width: number,
): { option: EChartsCoreOption; height: number } {
  const layout = arrange(run.connections, kind, width);
  const { size } = layout;
  const showNumbers = size >= 25;
  const option: EChartsCoreOption = {
    ...common(theme),
    tooltip: {
      ...common(theme).tooltip,
      formatter: ({ dataIndex }: { dataIndex: number }) => describe(layout.cells[dataIndex] as Cell),
    },
    visualMap: {
      min: -range,
      max: range,
      dimension: 2,
      seriesIndex: 0,
      calculable: false,
      orient: 'horizontal',
      left: width < 600 ? 0 : GUTTER - 4,
      bottom: 4,
      itemWidth: 12,
      itemHeight: Math.min(180, width / 3),
      precision: 3,
      text: [`${signed(range, 2)} and more`, `${signed(-range, 2)} and less`],
      textStyle: { color: theme.soft, fontSize: 12 },
      inRange: { color: theme.diverging },
    },
    series: [
      {
        type: 'custom',
        coordinateSystem: 'none',
        data: layout.cells.map(cell => [cell.left, cell.top, cell.value - cell.initial]),
        renderItem: (item: { dataIndex: number }, api: { visual: (name: string) => unknown }) => {
          const cell = layout.cells[item.dataIndex] as Cell;
          const fill = String(api.visual('color'));
          return {
            type: 'rect',
            shape: { x: cell.left, y: cell.top, width: size - 1, height: size - 1, r: 2 },
            style: { fill, stroke: theme.line, lineWidth: 0.5 },
            emphasis: { style: { stroke: theme.ink, lineWidth: 1.5 } },
            textContent: {
              style: {
                text: showNumbers ? short(cell.value) : '',
                fill: readable(fill),
                fontSize: size >= 30 ? 11 : 9.5,
              },
            },
            textConfig: { position: 'inside' },
          };
        },
      },
      {
        type: 'custom',
        coordinateSystem: 'none',
        silent: true,
        data: layout.labels.map(() => [0]),
        renderItem: (item: { dataIndex: number }) => {
          const label = layout.labels[item.dataIndex] as Label;
          return {
            type: 'text',
            silent: true,
            x: label.left,
            y: label.top,
            style: {
              text: label.text,
              fill: label.strong ? theme.ink : theme.soft,
              fontSize: 12,
              align: label.align,
              verticalAlign: 'middle',
            },
          };
        },
      },
    ],
  };
  return { option, height: layout.height };
}

/**
 * The change from an initial value at which the colour is strongest. It is the same for all runs, so that they can be compared.
 * It is not the largest change: a few values change far more than the others, which would then all be pale.
 */
export function changeRange(runs: readonly RunReport[]): number {
  const changes = runs
    .flatMap(run => run.connections)
    .flatMap(({ initial, learned, tokenMean }) => {
      const from = flat(initial);
      const reached = [flat(learned), ...(tokenMean ? [flat(tokenMean)] : [])];
      return reached.flatMap(values => values.map((value, i) => Math.abs(value - (from[i] as number))));
    });
  const range = changes.sort((a, b) => a - b)[Math.floor(0.97 * (changes.length - 1))] ?? 0;
  // An untrained model has no changes, and a scale from 0 to 0 cannot be drawn.
  return range > 0 ? range : 0.01;
}

function arrange(connections: readonly ConnectionReport[], kind: Kind, width: number): Layout {
  const n = connections[0]?.initial.write.length ?? 1;
  const m = connections[0]?.initial.read[0]?.length ?? 1;
  const room = Math.max(160, width - GUTTER - 8);
  const fits = Math.floor((room + GAP) / connections.length - GAP) / n;
  const size = Math.floor(Math.min(34, Math.max(fits, n > 4 ? 18 : 26)));
  const perRow = Math.max(1, Math.floor((room + GAP) / (n * size + GAP)));
  const block = 26 + (2 * n + 1) * size + 2 * 12;
  const layout: Layout = { cells: [], labels: [], size, height: 0 };
  const rows = Math.ceil(connections.length / perRow);
  connections.forEach((connection, at) => {
    const left = GUTTER + (at % perRow) * (n * size + GAP);
    const top = 12 + Math.floor(at / perRow) * (block + 22);
    place(layout, connection, kind, left, top, n, m);
    if (at % perRow === 0) rowLabels(layout, top, n);
  });
  layout.height = 12 + rows * (block + 22) + LEGEND;
  return layout;
}

function place(
  layout: Layout,
  connection: ConnectionReport,
  kind: Kind,
  left: number,
  top: number,
  n: number,
  m: number,
): void {
  const { size } = layout;
  const values: Coefficients = connection[kind] ?? connection.learned;
  const { initial, name } = connection;
  layout.labels.push({
    left: left + (n * size) / 2,
    top: top + 10,
    text: name,
    align: 'center',
    strong: true,
  });
  const readTop = top + 26;
  const mixTop = readTop + n * size + 12;
  const writeTop = mixTop + n * size + 12;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      const where = `${name}: Y, segment ${i + 1} into block ${j + 1}`;
      const cell = { value: values.read[i]?.[j] ?? 0, initial: initial.read[i]?.[j] ?? 0, where };
      layout.cells.push({ ...cell, left: left + j * size, top: readTop + i * size });
    }
    for (let j = 0; j < n; j++) {
      const where = `${name}: A, segment ${i + 1} into segment ${j + 1}`;
      const cell = { value: values.mix[i]?.[j] ?? 0, initial: initial.mix[i]?.[j] ?? 0, where };
      layout.cells.push({ ...cell, left: left + j * size, top: mixTop + i * size });
    }
    const where = `${name}: B, output into segment ${i + 1}`;
    const cell = { value: values.write[i] ?? 0, initial: initial.write[i] ?? 0, where };
    layout.cells.push({ ...cell, left: left + i * size, top: writeTop });
  }
}

function rowLabels(layout: Layout, top: number, n: number): void {
  const { size } = layout;
  const label = (text: string, middle: number) =>
    layout.labels.push({ left: 0, top: middle, text, align: 'left', strong: true });
  const readTop = top + 26;
  label('Y  reads', readTop + (n * size) / 2);
  label('A  carries', readTop + 12 + 1.5 * n * size);
  label('B  writes', readTop + 24 + 2 * n * size + size / 2);
}

function describe(cell: Cell): string {
  const change = signed(cell.value - cell.initial, 4);
  return `${cell.where}<br><b>${cell.value.toFixed(4)}</b>, initially ${cell.initial.toFixed(0)}, change ${change}`;
}

/** Two decimals without the leading zero: `.04`, `−.12`, `1.03`. */
function short(value: number): string {
  const text = Math.abs(value).toFixed(2).replace(/^0/, '');
  if (text === '.00') return '0';
  return value < 0 ? `−${text}` : text;
}

function flat(values: Coefficients): number[] {
  return [...values.read.flat(), ...values.mix.flat(), ...values.write];
}

/** Black or white, whichever has more contrast on the given colour (relative luminance of WCAG 2). */
function readable(color: string): string {
  const hex = /^#(..)(..)(..)$/.exec(color);
  const parts = hex
    ? hex.slice(1).map(part => Number.parseInt(part, 16))
    : (color.match(/[\d.]+/g) ?? []).map(Number);
  const [r = 0, g = 0, b = 0] = parts.map(part => {
    const c = part / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 ? '#000000' : '#ffffff';
}
