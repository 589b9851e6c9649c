// What a connection does to a hidden state, as three diagrams: residual, Frac-Connections, Hyper-Connections. Everything flows
// from top to bottom: the state, what the layer reads of it, the layer, its output, the new state.
import { FONT } from './themes.mjs';

/** A panel's size, and the hidden state's width d in it. */
const PANEL = { width: 316, height: 358 };
const D = 72;
const GAP = 5;
/** Tops of the rows, below the panel's own top. */
const Y = { title: 20, subtitle: 42, state: 66, input: 140, layer: 163, output: 208, next: 282, foot: 334 };
const BAR = { state: 26, layer: 16 };

const PANELS = [
  {
    title: 'Residual',
    subtitle: 'the layer’s output is added',
    streams: 1,
    fractions: 1,
    foot: 'd values a token',
  },
  {
    title: 'Frac-Connections',
    subtitle: 'the state cut into m = 2 fractions',
    ...{ streams: 1, fractions: 2, learned: true },
    foot: 'd values a token',
  },
  {
    title: 'Hyper-Connections',
    subtitle: 'n = 2 copies of the state',
    ...{ streams: 2, fractions: 1, learned: true },
    foot: 'n × d values a token',
  },
];

const LEGEND = 26;

/**
 * The picture as SVG.
 *
 * @param columns panels side by side: 3 for a page, 1 for a phone
 */
export function connectionPicture(theme, columns) {
  const rows = PANELS.length / columns;
  const width = columns * PANEL.width;
  const height = rows * PANEL.height + LEGEND;
  const panels = PANELS.map((panel, i) => {
    const at = `translate(${(i % columns) * PANEL.width} ${Math.floor(i / columns) * PANEL.height})`;
    return `<g transform="${at}">${drawPanel(panel, theme)}</g>`;
  });
  const title = 'A residual connection, Frac-Connections and Hyper-Connections around one layer';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${title}</title>`,
    `<defs>${arrow('fixed', theme.line)}${arrow('learned', theme.learned)}</defs>`,
    `<g font-family="${FONT}" font-size="13" fill="${theme.text}">`,
    ...panels,
    legend(theme, width, height - 10),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/** The site's icon: a state of two fractions. */
export function icon({ segments: [first, second] }) {
  const half = (x, fill) => `<rect x="${x}" y="2" width="6" height="12" rx="1.5" fill="${fill}"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><title>frac-connections</title>${half(1.5, first)}${half(8.5, second)}</svg>\n`;
}

const arrow = (id, colour) =>
  `<marker id="${id}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">` +
  `<path d="M0 0.8 L7.5 4 L0 7.2 z" fill="${colour}"/></marker>`;

function drawPanel({ title, subtitle, streams, fractions, learned = false, foot }, theme) {
  const n = streams * fractions;
  const c = D / fractions;
  const stateWidth = streams * D + (streams - 1) * GAP;
  const gutter = 44;
  const left = (PANEL.width - stateWidth - gutter - D) / 2 + 6;
  const layerLeft = left + stateWidth + gutter;
  const segments = Array.from({ length: n }, (_, i) => ({
    x: left + (streams > 1 ? i * (D + GAP) : i * c),
    fill: learned ? theme.segments[i] : theme.neutral,
  }));
  const blocks = Array.from({ length: fractions }, (_, j) => layerLeft + j * c);
  const kind = learned ? 'learned' : 'fixed';
  const edge = (from, to) => drawEdge(from, to, kind, theme);
  // An edge has a place of its own where it leaves a bar and where it arrives.
  const place = (x, index, of) => x + (c * (index + 1)) / (of + 1);
  const bottom = Y.state + BAR.state;
  const middle = PANEL.width / 2;

  return [
    `<text x="${middle}" y="${Y.title}" text-anchor="middle" font-size="16" font-weight="600">${title}</text>`,
    `<text x="${middle}" y="${Y.subtitle}" text-anchor="middle" fill="${theme.muted}">${subtitle}</text>`,
    // mix
    ...segments.flatMap((to, i) =>
      segments.map((from, k) => edge([place(from.x, i, n + 1), bottom], [place(to.x, k, n + 1), Y.next])),
    ),
    // read
    ...blocks.flatMap(x =>
      segments.map((from, i) => edge([place(from.x, n, n + 1), bottom], [place(x, i, n), Y.input])),
    ),
    // write
    ...segments.map((to, i) =>
      edge(
        [place(blocks[i % fractions], Math.floor(i / fractions), streams), Y.output + BAR.layer],
        [place(to.x, n, n + 1), Y.next],
      ),
    ),
    ...segments.flatMap(({ x, fill }) => [
      bar(x, Y.state, c, BAR.state, fill, theme),
      bar(x, Y.next, c, BAR.state, fill, theme),
    ]),
    ...blocks.flatMap(x => [Y.input, Y.output].map(y => bar(x, y, c, BAR.layer, theme.neutral, theme))),
    `<rect x="${layerLeft - 6}" y="${Y.layer}" width="${D + 12}" height="38" rx="6" fill="${theme.layer}" stroke="${theme.text}" stroke-width="1.4"/>`,
    `<text x="${layerLeft + D / 2}" y="${Y.layer + 24}" text-anchor="middle" font-weight="600">layer</text>`,
    ...(learned ? words(left, layerLeft, theme) : []),
    label(left - 8, Y.state + 18, 'h', 'end', theme.text, 'italic'),
    label(left - 8, Y.next + 18, 'h′', 'end', theme.text, 'italic'),
    label(left + stateWidth / 2, Y.foot - 4, foot, 'middle', theme.muted),
  ].join('\n');
}

/** What the learned edges are called. */
const words = (left, layerLeft, { learned }) => [
  label(layerLeft + D + 6, Y.input - 28, 'read', 'end', learned),
  label(left - 8, (Y.state + Y.next) / 2 + 16, 'mix', 'end', learned),
  label(layerLeft + D + 6, Y.output + BAR.layer + 36, 'write', 'end', learned),
];

function drawEdge([x1, y1], [x2, y2], kind, theme) {
  const bend = (y2 - y1) * 0.5;
  const colour = kind === 'learned' ? theme.learned : theme.line;
  const path = `M${round(x1)} ${y1} C${round(x1)} ${round(y1 + bend)} ${round(x2)} ${round(y2 - bend)} ${round(x2)} ${y2 - 1}`;
  return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.5" marker-end="url(#${kind})"/>`;
}

const bar = (x, y, width, height, fill, { text }) =>
  `<rect x="${round(x)}" y="${y}" width="${round(width)}" height="${height}" fill="${fill}" stroke="${text}" stroke-width="1"/>`;

const label = (x, y, text, anchor, fill, style = 'normal') =>
  `<text x="${round(x)}" y="${y}" text-anchor="${anchor}" fill="${fill}" font-style="${style}">${text}</text>`;

function legend(theme, width, y) {
  const sample = (x, kind, colour) =>
    `<path d="M${x} ${y - 4} h26" stroke="${colour}" stroke-width="1.5" marker-end="url(#${kind})"/>`;
  const middle = width / 2;
  return [
    sample(middle - 132, 'fixed', theme.line),
    label(middle - 98, y, 'weight 1', 'start', theme.muted),
    sample(middle - 8, 'learned', theme.learned),
    label(middle + 26, y, 'learned weight', 'start', theme.muted),
  ].join('\n');
}

const round = value => Math.round(value * 10) / 10;
