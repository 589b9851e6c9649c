// An HTML page with the charts.
import { origins } from '../harness/latest.mjs';

const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeText = text => text.replace(/[&<>"]/g, each => ESCAPES[each]);

const STYLE = `body { font: 16px/1.5 system-ui, sans-serif; max-width: 900px; margin: 2rem auto; padding: 0 1rem; }
h2 { font-size: 1.1rem; margin-top: 2rem; } svg { max-width: 100%; height: auto; } li { font-size: 0.85rem; }`;

export function pageOf(charts, rows) {
  const title = 'What Frac-Connections cost, and what the kernels save';
  const lines = origins(rows).map(line => `<li>${escapeText(line)}</li>`);
  const plots = charts.map(({ title, svg }) => {
    const text = escapeText(title);
    return `<section><h2>${text}</h2>\n<div role="img" aria-label="${text}">${svg}</div></section>`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>${STYLE}</style>
<h1>${title}</h1>
<ul>${lines.join('\n')}</ul>
${plots.join('\n')}
</html>
`;
}
