import { groups } from '../harness/latest.mjs';
import { claimTable } from './claim.mjs';

/** All tables of models: [{ title, text, list }]. A group without a measured training has no table. */
export function modelsTables(rows) {
  const all = groups(rows, row => `${row.kind}, path ${row.path}: ${say(row.sizes)}`).flatMap(
    ([title, group]) => [
      { title: `What a wiring widens; ${title}`, text: CLAIM, list: claimTable(group) },
      {
        title: `What a wiring costs; ${title}`,
        text: '/ is over residual in the same run.',
        list: modelsTable(group),
      },
    ],
  );
  return all.filter(({ list }) => list.length > 0);
}

const CLAIM =
  'Frac-Connections keep the width of the state, Hyper-Connections take n times as much. Counted: values of the hidden state in ' +
  'widths of the layers, and bytes that a sublayer’s wiring must move, forward and backward, over those of add and RMSNorm. Measured: ' +
  'what a training step keeps beyond a residual one, in rows of the layers’ width a token and sublayer; and its time.';

const say = sizes =>
  Object.entries(sizes)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

/** One line per wiring, with counted and measured values. */
function modelsTable(rows) {
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
