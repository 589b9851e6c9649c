/** A line a wiring: what is counted, what was measured. */
export function modelsTable(rows) {
  const base = rows.find(row => row.wiring === 'residual');
  const over = (row, name) => (base ? (row[name] / base[name]).toFixed(4) : '');
  const megabytes = bytes => (bytes === null ? '' : (bytes / 1e6).toFixed(1));
  return rows
    .filter(row => row.pass === 'training')
    .map(row => {
      const other = rows.find(({ wiring, pass }) => wiring === row.wiring && pass === 'inference');
      return {
        wiring: row.wiring,
        'parameters /': over(row, 'parameters'),
        'flops /': over(row, 'flopsPerToken'),
        'training tokens/s': row.tokensPerSecond.toFixed(0),
        'time /': row.ofResidual?.toFixed(3) ?? '',
        '± %': (100 * row.spread).toFixed(0),
        'inference tokens/s': other?.tokensPerSecond.toFixed(0) ?? '',
        'its time /': other?.ofResidual?.toFixed(3) ?? '',
        'activations MB': megabytes(row.activationBytes),
        'activations /': row.activationsOfResidual?.toFixed(3) ?? '',
        'peak MB': megabytes(row.peakBytes),
        noisy: row.noisy || other?.noisy ? 'noisy' : '',
      };
    });
}
