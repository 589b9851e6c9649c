const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** `12,345`, without fractions. */
export function integer(value: number): string {
  return whole.format(value);
}

/** A loss with three decimals. */
export function loss(value: number): string {
  return Number.isFinite(value) ? value.toFixed(3) : 'n/a';
}

/** A difference with its sign: `+0.014`, or `−0.014` with a minus sign, not a hyphen. */
export function signed(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return 'n/a';
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return value < 0 ? `−${text}` : `+${text}`;
}

/** Bytes in MB (10^6) or GB (10^9). */
export function bytes(value: number): string {
  return value >= 1e9 ? `${(value / 1e9).toFixed(2)} GB` : `${(value / 1e6).toFixed(1)} MB`;
}

/** Seconds as `42 s`, `3 min 05 s` or `2 h 07 min`. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, '0')} s`;
  return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, '0')} min`;
}
