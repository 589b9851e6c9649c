import { groups } from '../harness/latest.mjs';
import { claimTable } from './claim.mjs';

/** All tables of models: [{ title, text, list }]. A group without a measured training has no table. */
export function modelsTables(rows) {
  const all = groups(rows, row => `${row.kind}, path ${row.path}: ${say(row.sizes)}`).flatMap(
    ([title, group]) => [
      { title: `What a wiring widens; ${title}`, text: CLAIM, list: claimTable(group) },
      {
        title: `What a wiring costs; ${title}`,
        text: 'A column with / is divided by the value of the residual model in the same run.',
        list: modelsTable(group),
      },
    ],
  );
  return all.filter(({ list }) => list.length > 0);
}

const CLAIM =
  'Frac-Connections keep the width of the hidden state; Hyper-Connections make it n times as wide. Counted: the size of the state in ' +
  'widths of the layers, and the bytes that a sublayer’s wiring must move in a forward and backward pass, divided by those of an add and ' +
  'RMSNorm. Measured: the memory that a training step keeps beyond that of the residual model, in rows of the layers’ width for each ' +
  'token and sublayer, and the time of a step, divided by that of the residual model.';

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
