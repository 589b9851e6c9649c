import type { Coefficients, ConnectionInspection } from 'frac-connections/models';
import { type ECharts, type EChartsCoreOption, openChart } from './echarts.js';
import { axis, common, readTheme, type Theme } from './theme.js';

interface Cell {
  column: number;
  row: number;
  value: number;
  initial: number;
  what: string;
}

/** A matrix for each connection, with one row per part of the state and the columns Y, A and B. */
export class MatrixCharts {
  private charts: ECharts[] = [];
  private shape = '';

  constructor(
    private readonly element: HTMLElement,
    private readonly empty: Element,
  ) {}

  draw(connections: readonly ConnectionInspection[]): void {
    this.fit(connections);
    const theme = readTheme();
    const range = changeRange(connections);
    connections.forEach((connection, i) => {
      const chart = this.charts[i]!;
      chart.setOption(option(connection, range, theme, chart.getWidth()));
    });
  }

  /** Makes one chart per connection, of the right size. */
  private fit(connections: readonly ConnectionInspection[]): void {
    const names = connections.map(({ name }) => name);
    const n = connections[0]?.initial.beta.length ?? 0;
    const shape = [n, ...names].join();
    if (shape === this.shape) return;
    this.shape = shape;
    for (const chart of this.charts) chart.dispose();
    const figures = names.map(name => figure(name, n));
    this.element.replaceChildren(...(names.length > 0 ? figures.map(({ box }) => box) : [this.empty]));
    this.charts = figures.map(({ plot }) => {
      const chart = openChart(plot);
      new ResizeObserver(() => chart.isDisposed() || chart.resize()).observe(plot);
      return chart;
    });
  }
}

function figure(name: string, n: number) {
  const box = document.createElement('figure');
  const caption = document.createElement('figcaption');
  caption.textContent = title(name);
  const plot = document.createElement('div');
  plot.style.height = `${24 + n * (n > 4 ? 20 : 28)}px`;
  box.append(caption, plot);
  return { box, plot };
}

/** The title of a site: `layers.0.feed_forward` becomes `Layer 1, feed-forward`. */
function title(site: string): string {
  const [, layer, part] = site.split('.');
  return `Layer ${Number(layer) + 1}, ${part?.replace('_', '-')}`;
}

function option(
  connection: ConnectionInspection,
  range: number,
  theme: Theme,
  width: number,
): EChartsCoreOption {
  const n = connection.initial.beta.length;
  const m = connection.initial.alpha[0]!.length - n;
  const cells = cellsOf(connection);
  const small = n <= 4;
  const each = (letter: string, count: number) =>
    Array.from({ length: count }, (_, i) => `${letter}${i + 1}`);
  const columns = [...each('Y', m), '', ...each('A', n), ' ', 'B'];
  const label = { ...axis(theme, '', 0).axisLabel, interval: 0, fontSize: small ? 11 : 9 };
  const bare = { axisLine: { show: false }, axisTick: { show: false }, splitLine: { show: false } };
  return {
    ...common(theme),
    tooltip: {
      ...common(theme).tooltip,
      formatter: ({ dataIndex }: { dataIndex: number }) => describe(cells[dataIndex]!),
    },
    grid: { left: 20, right: 2, top: 22, bottom: 2 },
    xAxis: { type: 'category', data: columns, position: 'top', axisLabel: label, ...bare },
    yAxis: {
      ...{ type: 'category', data: each('', n), inverse: true, axisLabel: label, ...bare },
    },
    visualMap: {
      ...{ show: false, type: 'continuous', min: -range, max: range, dimension: 2 },
      inRange: { color: theme.diverging },
    },
    series: [
      {
        type: 'heatmap',
        data: cells.map(({ column, row, value, initial }) => ({
          value: [column, row, value - initial],
          label: { color: Math.abs(value - initial) > 0.7 * range ? theme.card : theme.ink },
        })),
        itemStyle: { borderColor: theme.card, borderWidth: 1.5, borderRadius: 3 },
        label: {
          ...{ show: small, fontSize: width < 400 ? 9 : 11 },
          formatter: ({ dataIndex }: { dataIndex: number }) => short(cells[dataIndex]!.value),
        },
        emphasis: { itemStyle: { borderColor: theme.ink } },
      },
    ],
  };
}

/** The present coefficients of a connection; their mean over tokens if it is dynamic. */
const now = ({ tokenMean, static: learned }: ConnectionInspection): Coefficients => tokenMean ?? learned;

function cellsOf(connection: ConnectionInspection): Cell[] {
  const { initial } = connection;
  const { alpha, beta } = now(connection);
  const n = beta.length;
  const m = alpha[0]!.length - n;
  return alpha.flatMap((values, row) => {
    const part = row + 1;
    const cells = values.map((value, j) => ({
      ...{ row, value, initial: initial.alpha[row]![j]! },
      column: j < m ? j : j + 1, // an empty column between Y and A
      what: j < m ? `Y: part ${part} into block ${j + 1}` : `A: part ${part} into part ${j - m + 1}`,
    }));
    const write = { row, value: beta[row]!, initial: initial.beta[row]!, column: m + n + 2 };
    return [...cells, { ...write, what: `B: output into part ${part}` }];
  });
}

/**
 * The change with the strongest colour, the same for all connections. It ignores the few largest changes, which would
 * make all others pale.
 */
export function changeRange(connections: readonly ConnectionInspection[]): number {
  const changes = connections.flatMap(connection =>
    cellsOf(connection).map(({ value, initial }) => Math.abs(value - initial)),
  );
  changes.sort((a, b) => a - b);
  return Math.max(0.01, changes[Math.floor(0.97 * (changes.length - 1))] ?? 0);
}

function describe({ what, value, initial }: Cell): string {
  const change = value - initial;
  return `${what}<br><b>${value.toFixed(4)}</b>, at the start ${initial}, change ${change.toFixed(4)}`;
}

/** Formats a number with two decimals and without the leading zero: `.04`, `−.12`, `1.03`. */
function short(value: number): string {
  const text = Math.abs(value).toFixed(2).replace(/^0/, '');
  if (text === '.00') return '0';
  return value < 0 ? `−${text}` : text;
}
