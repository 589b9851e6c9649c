/** Colours on a light and on a dark page; the page itself shows through. */
export const THEMES = {
  light: {
    text: '#1f2328',
    muted: '#59636e',
    line: '#8c959f',
    grid: '#d8dee4',
    learned: '#8250df',
    neutral: '#eaeef2',
    layer: '#ffffff',
    segments: ['#7fb2f0', '#8fd0a5'],
    wirings: ['#0969da', '#bc4c00', '#1a7f37', '#8250df', '#bf3989'],
  },
  dark: {
    text: '#e6edf3',
    muted: '#9198a1',
    line: '#7d8590',
    grid: '#30363d',
    learned: '#c297ff',
    neutral: '#2d333b',
    layer: '#161b22',
    segments: ['#2f6fbf', '#2c8a4f'],
    wirings: ['#58a6ff', '#ff9b50', '#3fb950', '#bc8cff', '#f778ba'],
  },
};

/** What the reader's system has: a picture loads nothing. */
export const FONT = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif";
