import { bytes, integer, loss, signed } from './format.js';
import { baselineOf } from './series.js';
import { style } from './style.js';
import type { ReportData, RunReport } from './types.js';

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, character => entities[character] as string);
}

/**
 * JSON for a script element. A `<` in a string could end the element, and older parsers do not allow the two line separators
 * in a script.
 */
export function embedJson(value: unknown): string {
  return JSON.stringify(value)
    .replace(/</g, '\\u003c')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029');
}

/** The whole page. The text and the tables do not need JavaScript; `script` draws the charts. */
export function renderReport(report: ReportData, script: string): string {
  const base = escapeHtml(baselineName(report));
  const several = report.runs.length > 1;
  const wired = report.runs.filter(run => run.connections.length > 0);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(report.title)}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${escapeHtml(report.title)}</h1>
<p class="lead">${escapeHtml(report.summary)}</p>
</header>
<main>
<noscript><p class="note">The charts need JavaScript; the tables do not.</p></noscript>
<section aria-labelledby="results">
<h2 id="results">Results</h2>
${resultTable(report)}
</section>
<section aria-labelledby="learning">
<h2 id="learning">Learning curves</h2>
<p>Every wiring starts from the same weights and sees the same tokens in the same order, so the wiring makes the
difference. Losses are cross entropy in nats per token. Drag the bar under a chart to zoom.</p>
<div class="grid">
${figure('chart-loss', 'Training loss', `Faint: each step. Bold: moving average over ${report.emaSteps} steps.`)}
${several ? figure('chart-difference', `Training loss minus ${base}`, `On the same batches, moving average over ${report.emaSteps} steps. Below zero is better.`) : ''}
${figure('chart-eval', 'Held-out loss', 'On text that is never trained on; the same text at every evaluation.')}
${several ? figure('chart-eval-difference', `Held-out loss minus ${base}`, 'Below zero is better.') : ''}
</div>
</section>
${wired.length > 0 ? coefficients(wired) : ''}
<section aria-labelledby="similarity">
<h2 id="similarity">Similarity of neighbouring layer inputs</h2>
<p>Cosine similarity between the input of a site (attention or FFN, before its norm) and that of the next, over tokens of
the held-out text. A lower value means that the inputs of neighbouring layers differ more. This is Figure 2 of the
Frac-Connections paper (arXiv 2503.14125).</p>
${figure('chart-similarity', 'Cosine similarity by pair of sites', 'Line: median over tokens. Band: 5th to 95th percentile.')}
</section>
<section aria-labelledby="settings">
<h2 id="settings">Settings</h2>
<dl class="settings">
${report.settings.map(s => `<div><dt>${escapeHtml(s.name)}</dt><dd>${escapeHtml(s.value)}</dd></div>`).join('\n')}
</dl>
</section>
</main>
<footer><p>frac-connections ${escapeHtml(report.version)}, ${escapeHtml(report.created.slice(0, 16).replace('T', ' '))} UTC</p></footer>
<script type="application/json" id="report-data">${embedJson(report)}</script>
<script>${script.replace(/<\/(script)/gi, '<\\/$1')}</script>
</body>
</html>
`;
}

function baselineName(report: ReportData): string {
  return baselineOf(report.runs)?.name ?? 'baseline';
}

function figure(id: string, title: string, note: string, extra = ''): string {
  return `<figure>
<figcaption><div><h3>${title}</h3><p>${note}</p></div>${extra}</figcaption>
<div class="chart" id="${id}" role="img" aria-label="${title}. ${note}"></div>
</figure>`;
}

function coefficients(runs: readonly RunReport[]): string {
  const figures = runs.map((run, i) => {
    const dynamic = run.connections.some(connection => connection.tokenMean);
    const choice = dynamic
      ? `<div class="choice" role="radiogroup" aria-label="Which coefficients">
<label><input type="radio" name="kind-${i}" value="learned" checked> static weights</label>
<label><input type="radio" name="kind-${i}" value="tokenMean"> mean over tokens</label>
</div>`
      : '';
    const note = dynamic
      ? 'Static weights, or with the dynamic part added: the mean over held-out tokens.'
      : 'Static weights: the same for every token.';
    return figure(`chart-coefficients-${i}`, escapeHtml(run.name), note, choice);
  });
  return `<section aria-labelledby="coefficients">
<h2 id="coefficients">What the connections learned</h2>
<p>A token's state is divided into segments. <b>Y</b> (gamma) tells how much of each segment a layer reads into each block of
its input. After the layer, <b>B</b> (beta) tells how much of its output is added to each segment, and <b>A</b> (alpha) how
much of each segment is carried into each segment. Rows are the segments that are read, columns are their destinations. The
number in a cell is the coefficient. Its colour is the change from the initial value: with the initial values, the network
computes the same as a residual network.</p>
${figures.join('\n')}
</section>`;
}

function resultTable(report: ReportData): string {
  const baseline = baselineOf(report.runs);
  const rows = report.runs.map(run => {
    const compared = baseline && run !== baseline;
    const difference = (own: number, other: number) => (compared ? signed(own - other) : '');
    return `<tr><th scope="row"><i class="swatch" data-run="${escapeHtml(run.name)}"></i>${escapeHtml(run.name)}</th>
<td>${integer(run.parameters)}</td><td>${run.connectionParameters > 0 ? integer(run.connectionParameters) : ''}</td>
<td>${loss(run.finalTrainLoss)}</td><td>${baseline ? difference(run.finalTrainLoss, baseline.finalTrainLoss) : ''}</td>
<td>${loss(run.finalEvalLoss)}</td><td>${baseline ? difference(run.finalEvalLoss, baseline.finalEvalLoss) : ''}</td>
<td>${integer(run.tokensPerSecond)}</td><td>${bytes(run.memoryBytes)}</td></tr>`;
  });
  return `<div class="scroll"><table>
<thead><tr><th scope="col">Wiring</th><th scope="col">Parameters</th><th scope="col">in connections</th>
<th scope="col">Train loss</th><th scope="col">minus ${escapeHtml(baselineName(report))}</th>
<th scope="col">Held-out loss</th><th scope="col">minus ${escapeHtml(baselineName(report))}</th>
<th scope="col">Tokens/s</th><th scope="col">Peak memory</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table></div>
<p class="note">Train loss: moving average at the last step. Tokens/s: training without evaluations. Peak
memory: all tensors that exist at once in a training step. Each wiring was trained once, so a small difference may be chance.</p>`;
}
