// A ratio is only as reliable as the less reliable of its two times.

/**
 * Sets ratios to null if the row in the denominator is noisy or missing.
 *
 * @param {any[]} rows rows that are already judged noisy or not
 * @param {Record<string, (row: any, other: any) => boolean>} over for each ratio: whether `other` is the denominator
 *   for `row`
 * @returns {any[]}
 */
export function settleRatios(rows, over) {
  const quiet = rows.filter(row => !row.noisy);
  return rows.map(row => {
    const lost = Object.keys(over).filter(name => !quiet.some(other => over[name](row, other)));
    return { ...row, ...Object.fromEntries(lost.map(name => [name, null])) };
  });
}
