/** The colours of the current style, light or dark, from the style sheet. */
export interface Theme {
  ink: string;
  soft: string;
  line: string;
  grid: string;
  card: string;
  series: string[];
  /** Colours from negative to positive changes. */
  diverging: string[];
  font: string;
}

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
    font: getComputedStyle(document.body).fontFamily,
  };
}

/** The colour of the i-th run. After the last colour the palette starts again. */
export const runColor = (theme: Theme, i: number) => theme.series[i % theme.series.length]!;

/** Options that all charts share. */
export function common(theme: Theme) {
  return {
    animation: false,
    aria: { enabled: true },
    textStyle: { fontFamily: theme.font, color: theme.ink },
    tooltip: {
      confine: true,
      backgroundColor: theme.card,
      borderColor: theme.line,
      textStyle: { color: theme.ink, fontSize: 13 },
    },
  };
}

/** An axis in the colours of the theme. */
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
