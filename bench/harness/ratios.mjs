// A ratio is no better than the worse of its two times.

/**
 * Rows whose ratios over a noisy row, or over one that is not there, are null.
 *
 * @param {any[]} rows with their verdicts
 * @param {Record<string, (row: any, other: any) => boolean>} over by each ratio: whether `other` is what `row` is compared to
 * @returns {any[]}
 */
export function settleRatios(rows, over) {
  const quiet = rows.filter(row => !row.noisy);
  return rows.map(row => {
    const lost = Object.keys(over).filter(name => !quiet.some(other => over[name](row, other)));
    return { ...row, ...Object.fromEntries(lost.map(name => [name, null])) };
  });
}
