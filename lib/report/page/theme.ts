/** The current colours, light, dark or print, from the custom properties of the style sheet. */
export interface Theme {
  ink: string;
  soft: string;
  line: string;
  grid: string;
  card: string;
  series: string[];
  /** From the colour of the lowest values to that of the highest. */
  diverging: string[];
}

/** Reads the current colours. */
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

/** The colour of the i-th run. The palette repeats. */
export function seriesColor(theme: Theme, i: number): string {
  return theme.series[i % theme.series.length] as string;
}

/** The dash pattern of the i-th run, to tell runs apart in black and white or if the colours repeat. */
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

/** An axis with its title, in the theme's colours. */
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
