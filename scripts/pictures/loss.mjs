// Held-out loss against the residual wiring's, over training: the mean over seeds as a line, each seed as a thin one.
import { init } from 'echarts';
import { againstResidual, means } from './runs.mjs';
import { FONT } from './themes.mjs';

const WIDE = { width: 948, height: 380, right: 150, title: 'Held-out loss against the residual network’s' };
const NARROW = { width: 400, height: 330, right: 24, title: 'Held-out loss against residual' };
const DIGITS = 4;

/** The picture as SVG. On a narrow page, the lines' names stand within the picture and the subtitle has two lines. */
export function lossPicture(theme, { settings, runs }, { narrow = false } = {}) {
  const { width, height, right, title } = narrow ? NARROW : WIDE;
  const lines = againstResidual(runs);
  const thick = means(lines);
  const seeds = new Set(lines.map(({ seed }) => seed)).size;
  const colour = wiring => theme.wirings[thick.findIndex(line => line.wiring === wiring)];
  const unit = settings.tokenizer === 'byte' ? 'byte' : 'token';
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: FONT, color: theme.text },
    title: {
      text: title,
      subtext: describe(settings, seeds, unit).join(narrow ? '\n' : '; '),
      left: 'center',
      textStyle: { color: theme.text, fontSize: 16, fontWeight: 600 },
      subtextStyle: { color: theme.muted, fontSize: 13 },
    },
    grid: { left: 70, right, top: narrow ? 84 : 70, bottom: 52 },
    xAxis: { ...axis(theme, 'step', 30), type: 'value', max: 'dataMax', splitLine: { show: false } },
    yAxis: {
      ...axis(theme, `nats a ${unit}; below 0 is better`, 52),
      type: 'value',
      splitLine: { lineStyle: { color: theme.grid } },
      axisLabel: { color: theme.muted, fontSize: 12, formatter: signed },
    },
    series: [
      zero(theme, Math.max(...thick.flatMap(({ points }) => points.map(([step]) => step))), narrow),
      ...(seeds > 1 ? lines : []).map(({ wiring, points }) => ({
        type: 'line',
        data: rounded(points),
        symbol: 'none',
        lineStyle: { color: colour(wiring), width: 1, opacity: 0.4 },
      })),
      ...thick.map(({ wiring, points }) => ({
        type: 'line',
        data: rounded(points),
        symbol: 'circle',
        symbolSize: 5,
        itemStyle: { color: colour(wiring) },
        lineStyle: { color: colour(wiring), width: 2.5 },
        endLabel: endLabel(
          `${wiring}  ${signed(Number(points.at(-1)[1].toFixed(DIGITS)))}`,
          colour(wiring),
          narrow && 'top',
        ),
        labelLayout: { moveOverlap: 'shiftY' },
      })),
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${withoutCounters(svg)}\n`;
}

function describe({ layers, dim, steps, batch, context }, seeds, unit) {
  const size = `${layers} layers, dim ${dim}, ${steps} steps of ${(batch * context).toLocaleString('en')} ${unit}s`;
  return [size, seeds > 1 ? `the mean of ${seeds} seeds, each seed as a thin line` : 'one seed'];
}

const axis = (theme, name, nameGap) => ({
  name,
  nameGap,
  nameLocation: 'middle',
  nameTextStyle: { color: theme.muted, fontSize: 13 },
  axisLabel: { color: theme.muted, fontSize: 12 },
  axisLine: { onZero: false, lineStyle: { color: theme.line } },
});

const zero = (theme, end, narrow) => ({
  type: 'line',
  data: [
    [0, 0],
    [end, 0],
  ],
  symbol: 'none',
  lineStyle: { color: theme.line, width: 1.5 },
  endLabel: endLabel('residual', theme.muted, narrow && 'bottom'),
  labelLayout: { moveOverlap: 'shiftY' },
});

/** Behind the line, or on a narrow page within the picture: residual above its line, the others below theirs. */
const endLabel = (text, color, narrow) => ({
  show: true,
  formatter: () => text,
  color,
  fontSize: 13,
  fontWeight: 600,
  ...(narrow
    ? { align: 'right', verticalAlign: narrow, distance: -4, offset: [0, narrow === 'top' ? 12 : 0] }
    : { distance: 8 }),
});

const rounded = points => points.map(([step, value]) => [step, Number(value.toFixed(6))]);

/** With a sign, and a minus as long as the plus. */
const signed = value => (value > 0 ? `+${value}` : String(value).replace('-', '−'));

/** ECharts numbers charts and classes through the process's life: here each picture starts anew. */
const withoutCounters = svg => {
  const names = [...new Set(svg.match(/zr\d+-[a-z]+-?\d+/g) ?? [])];
  return names.reduce((text, name, i) => text.replace(new RegExp(`${name}(?!\\d)`, 'g'), `id${i}`), svg);
};
