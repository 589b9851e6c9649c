/** The colours in force, read from the style sheet's custom properties: light, dark or print. */
export interface Theme {
  ink: string;
  soft: string;
  line: string;
  grid: string;
  card: string;
  series: string[];
  /** From well below the centre to well above it. */
  diverging: string[];
}

/** Reads the colours that apply now. */
export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const get = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: get('ink'),
    soft: get('soft'),
    line: get('line'),
    grid: get('grid'),
    card: get('card'),
    series: [0, 1, 2, 3, 4, 5].map(i => get(`series-${i}`)),
    diverging: ['less-2', 'less-1', 'zero', 'more-1', 'more-2'].map(get),
  };
}

/** The colour of the i-th run; the palette starts again after its last. */
export function seriesColor(theme: Theme, i: number): string {
  return theme.series[i % theme.series.length] as string;
}

/** A line's dash: with more runs than colours, and in black and white, runs still differ. */
export function dash(theme: Theme, i: number): 'solid' | 'dashed' | 'dotted' {
  const round = Math.floor(i / theme.series.length) % 3;
  return (['solid', 'dashed', 'dotted'] as const)[round] as 'solid' | 'dashed' | 'dotted';
}

/** Text style and tooltip that every chart shares. */
export function common(theme: Theme) {
  return {
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: theme.ink },
    tooltip: {
      confine: true,
      backgroundColor: theme.card,
      borderColor: theme.line,
      textStyle: { color: theme.ink, fontSize: 13 },
    },
  };
}

/** An axis with its title below or beside it, in the theme's colours. */
export function axis(theme: Theme, name: string, gap: number) {
  return {
    name,
    nameLocation: 'middle' as const,
    nameGap: gap,
    nameTextStyle: { color: theme.soft, fontSize: 12 },
    axisLabel: { color: theme.soft, fontSize: 12, hideOverlap: true },
    axisLine: { lineStyle: { color: theme.line } },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: theme.grid } },
  };
}

/** The legend above a chart. */
export function legend(theme: Theme, data: string[]) {
  return {
    top: 4,
    right: 8,
    data,
    textStyle: { color: theme.ink },
    icon: 'roundRect',
    itemWidth: 16,
    itemHeight: 4,
  };
}
